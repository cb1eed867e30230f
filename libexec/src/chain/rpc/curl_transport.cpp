#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "libexec/chain/rpc/transport.hpp"
#include "transport_desk.hpp"

namespace libexec {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t header_bytes_most = 64 * 1024;
constexpr std::chrono::seconds retry_after_most{3'600};

Rejection unavailable(std::string why) { return reject(Reason::service_unavailable, std::move(why)); }

template <class Handler>
class HandlerWaiter final : public TransportDesk::Waiter {
public:
    explicit HandlerWaiter(Handler handler)
        : Waiter(asio::get_associated_executor(handler)), handler_(std::move(handler)) {}
    void resume(Result<RpcReply> answer) override { std::move(handler_)(std::move(answer)); }

private:
    Handler handler_;
};

/// What the asker's cancellation slot holds.
class CancelCall {
public:
    CancelCall(std::weak_ptr<TransportDesk> desk, std::uint64_t id) : desk_(std::move(desk)), id_(id) {}
    void operator()(asio::cancellation_type type) const {
        if (type == asio::cancellation_type::none) return;
        if (const std::shared_ptr<TransportDesk> desk = desk_.lock()) desk->cancel(id_);
    }

private:
    std::weak_ptr<TransportDesk> desk_;
    std::uint64_t id_;
};

/// Wakes the thread.
class Bell {
public:
    explicit Bell(CURLM* multi) : multi_(multi) {}
    void ring() const { curl_multi_wakeup(multi_); }

private:
    CURLM* multi_;
};

/// Leaves a question at the desk once the task that asks is awaited. A class with a constructor: an aggregate
/// inside an awaited expression would be destroyed twice by g++ 12.
class StartCall {
public:
    StartCall(std::shared_ptr<TransportDesk> desk, const Bell& bell) : desk_(std::move(desk)), bell_(&bell) {}

    template <class Handler>
    void operator()(Handler&& handler, RpcPost post) const {
        const std::uint64_t id = desk_->next_id();
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) slot.template emplace<CancelCall>(desk_, id);
        using Waiting = HandlerWaiter<std::decay_t<Handler>>;
        auto waiter = std::make_unique<Waiting>(std::forward<Handler>(handler));
        if (desk_->ask(id, std::move(post), std::move(waiter))) bell_->ring();
    }

private:
    std::shared_ptr<TransportDesk> desk_;
    const Bell* bell_;
};

/// One question under way, on the thread that asks.
struct Exchange {
    std::uint64_t id = 0;
    RpcPost post;
    CURL* easy = nullptr;
    std::string body;
    std::size_t header_bytes = 0;
    bool too_large = false;
    std::array<char, CURL_ERROR_SIZE> words{};  ///< libcurl's own, of what went wrong
};

std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* opaque) {
    Exchange& exchange = *static_cast<Exchange*>(opaque);
    if (exchange.body.size() + size > exchange.post.answer_bytes_most) {
        exchange.too_large = true;
        return 0;
    }
    exchange.body.append(bytes, size);
    return size;
}

std::size_t on_header(char*, std::size_t, std::size_t size, void* opaque) {
    Exchange& exchange = *static_cast<Exchange*>(opaque);
    exchange.header_bytes += size;
    if (exchange.header_bytes <= header_bytes_most) return size;
    exchange.too_large = true;
    return 0;
}

class CurlTransport final : public RpcTransport {
public:
    explicit CurlTransport(CurlTransportConfig config)
        : config_(std::move(config)), desk_(std::make_shared<TransportDesk>(config_.calls_most)) {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
            throw std::runtime_error("libcurl could not start");
        multi_ = curl_multi_init();
        headers_ = add_header(nullptr, "Content-Type: application/json");
        headers_ = add_header(headers_, "Accept: application/json");
        headers_ = add_header(headers_, "Expect:");  // never wait for a 100
        if (multi_ == nullptr || headers_ == nullptr) {
            clean_up();
            throw std::runtime_error("libcurl has no memory left");
        }
        curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(config_.connections_kept));
        bell_.emplace(multi_);
        try {
            thread_ = std::thread([this] { run(); });
        } catch (...) {
            clean_up();
            throw;
        }
    }
    ~CurlTransport() override {
        auto waiting = desk_->close();
        bell_->ring();
        thread_.join();
        for (auto& [id, exchange] : exchanges_) drop(*exchange);
        clean_up();
        waiting.clear();  // the askers' tasks end here, without an answer
    }

    Task<Result<RpcReply>> post(RpcPost post) override {
        return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Result<RpcReply>)>(
            StartCall(desk_, *bell_), use_task, std::move(post));
    }

private:
    static curl_slist* add_header(curl_slist* list, const char* header) {
        curl_slist* const longer = curl_slist_append(list, header);
        if (longer == nullptr) curl_slist_free_all(list);
        return longer;
    }
    void clean_up() {
        if (multi_ != nullptr) curl_multi_cleanup(multi_);
        curl_slist_free_all(headers_);
        curl_global_cleanup();
    }

    void run() {
        // Signals are for the program's own threads; and TLS may write to a socket that is gone.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, nullptr);
        for (;;) {
            TransportDesk::News news = desk_->take_news();
            if (news.closed) return;
            for (TransportDesk::Question& question : news.questions) begin(std::move(question));
            for (const std::uint64_t id : news.cancelled) end(id);
            int running = 0;
            const CURLMcode performed = curl_multi_perform(multi_, &running);
            if (performed != CURLM_OK) fail_all(curl_multi_strerror(performed));
            collect();
            curl_multi_poll(multi_, nullptr, 0, 1'000, nullptr);
        }
    }

    void begin(TransportDesk::Question question) {
        auto exchange = std::make_unique<Exchange>();
        exchange->id = question.id;
        exchange->post = std::move(question.post);
        exchange->easy = curl_easy_init();
        if (exchange->easy == nullptr || !set_up(*exchange) ||
            curl_multi_add_handle(multi_, exchange->easy) != CURLM_OK) {
            if (exchange->easy != nullptr) curl_easy_cleanup(exchange->easy);
            desk_->answer(question.id, unavailable("libcurl cannot make a call of it"));
            return;
        }
        exchanges_.emplace(question.id, std::move(exchange));
    }

    bool set_up(Exchange& exchange) {
        bool good = true;
        CURL* const easy = exchange.easy;
        const auto set = [&](CURLoption option, auto value) {
            good = curl_easy_setopt(easy, option, value) == CURLE_OK && good;
        };
        const RpcPost& post = exchange.post;
        const milliseconds patience = std::max(post.timeout, milliseconds(1));
        set(CURLOPT_PRIVATE, static_cast<void*>(&exchange));
        set(CURLOPT_ERRORBUFFER, exchange.words.data());
        set(CURLOPT_URL, post.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_FOLLOWLOCATION, 0L);
        set(CURLOPT_PROXY, "");  // none, not even one of the environment
        set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
        set(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
        // Or giving up a call would wait for the system to find a name.
        set(CURLOPT_QUICK_EXIT, 1L);
#endif
        set(CURLOPT_SSL_VERIFYPEER, 1L);
        set(CURLOPT_SSL_VERIFYHOST, 2L);
        set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        if (!config_.ca_file.empty()) set(CURLOPT_CAINFO, config_.ca_file.c_str());
        set(CURLOPT_USERAGENT, config_.user_agent.c_str());
        set(CURLOPT_ACCEPT_ENCODING, "gzip");
        set(CURLOPT_TCP_KEEPALIVE, 1L);
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
        set(CURLOPT_CONNECTTIMEOUT_MS,
            static_cast<long>(
                std::max(std::min(patience, config_.connect_timeout), milliseconds(1)).count()));
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(post.body.size()));
        set(CURLOPT_POSTFIELDS, post.body.c_str());
        set(CURLOPT_HTTPHEADER, headers_);
        set(CURLOPT_HEADERFUNCTION, on_header);
        set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
        set(CURLOPT_WRITEFUNCTION, on_body);
        set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
        return good;
    }

    void collect() {
        int left = 0;
        while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            void* opaque = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &opaque);
            Exchange& exchange = *static_cast<Exchange*>(opaque);
            const std::uint64_t id = exchange.id;
            Result<RpcReply> answer = read(exchange, message->data.result);
            end(id);
            desk_->answer(id, std::move(answer));
        }
    }

    Result<RpcReply> read(Exchange& exchange, CURLcode code) const {
        if (code != CURLE_OK) return unavailable(describe(exchange, code));
        long status = 0;
        curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
        RpcReply reply(static_cast<int>(status), std::move(exchange.body));
        curl_off_t seconds = 0;
        curl_easy_getinfo(exchange.easy, CURLINFO_RETRY_AFTER, &seconds);
        if (seconds > 0) {
            reply.retry_after = std::chrono::seconds(
                std::min<std::int64_t>(static_cast<std::int64_t>(seconds), retry_after_most.count()));
        }
        return reply;
    }

    std::string describe(const Exchange& exchange, CURLcode code) const {
        if (exchange.too_large) {
            return "the answer is larger than " + std::to_string(exchange.post.answer_bytes_most) + " bytes";
        }
        const std::string words = exchange.words.data();
        switch (code) {
            case CURLE_OPERATION_TIMEDOUT:
                return "no answer within " + std::to_string(exchange.post.timeout.count()) + " ms";
            case CURLE_PEER_FAILED_VERIFICATION:
                return "its certificate is not trusted: " + words;
            case CURLE_SSL_CACERT_BADFILE:
                return "'" + config_.ca_file + "' is no readable PEM file of certificates";
            case CURLE_SSL_CONNECT_ERROR:
                return "no TLS with it: " + words;
            case CURLE_PARTIAL_FILE:
            case CURLE_GOT_NOTHING:
            case CURLE_RECV_ERROR:
                return std::string("the answer was cut off: ") + curl_easy_strerror(code);
            default:
                return curl_easy_strerror(code);
        }
    }

    void drop(Exchange& exchange) {
        curl_multi_remove_handle(multi_, exchange.easy);
        curl_easy_cleanup(exchange.easy);
    }
    void end(std::uint64_t id) {
        const auto entry = exchanges_.find(id);
        if (entry == exchanges_.end()) return;
        drop(*entry->second);
        exchanges_.erase(entry);
    }
    void fail_all(const std::string& why) {
        while (!exchanges_.empty()) {
            const std::uint64_t id = exchanges_.begin()->first;
            end(id);
            desk_->answer(id, unavailable(why));
        }
    }

    const CurlTransportConfig config_;
    const std::shared_ptr<TransportDesk> desk_;
    CURLM* multi_ = nullptr;
    curl_slist* headers_ = nullptr;
    std::optional<Bell> bell_;
    std::map<std::uint64_t, std::unique_ptr<Exchange>> exchanges_;  ///< of the thread
    std::thread thread_;
};

}  // namespace

std::unique_ptr<RpcTransport> make_curl_transport(CurlTransportConfig config) {
    return std::make_unique<CurlTransport>(std::move(config));
}

}  // namespace libexec
