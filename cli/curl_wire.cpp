#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "interrupt.hpp"
#include "text.hpp"
#include "wire.hpp"

namespace libexec::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t body_bytes_max = 8 * 1024 * 1024;
constexpr milliseconds tick_interval{100};
constexpr milliseconds connect_timeout{5'000};

/// What libcurl's callbacks fill in during one call.
struct Transfer {
    CURL* easy = nullptr;
    std::array<char, CURL_ERROR_SIZE> words{};  // libcurl's own, of what went wrong
    HttpSink* sink = nullptr;
    HttpAnswer answer;
    steady_clock::time_point last_byte;
    bool stopped_by_sink = false;
    bool too_big = false;

    int status() const {
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        return static_cast<int>(status);
    }
};

void take_header(Transfer& transfer, std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string name = lower_case(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    if (name == "idempotent-replay") transfer.answer.replayed = value == "true";
    if (name == "date") {
        const std::time_t seconds = curl_getdate(std::string(value).c_str(), nullptr);
        if (seconds != -1) transfer.answer.date = std::chrono::sys_seconds(std::chrono::seconds(seconds));
    }
    if (name == "retry-after") {
        std::uint32_t seconds = 0;
        const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
        if (error == std::errc{}) transfer.answer.retry_after = std::chrono::seconds(seconds);
    }
}

std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* transfer) {
    take_header(*static_cast<Transfer*>(transfer), std::string_view(bytes, size));
    return size;
}

std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* opaque) {
    Transfer& transfer = *static_cast<Transfer*>(opaque);
    const std::string_view piece(bytes, size);
    transfer.last_byte = steady_clock::now();
    if (transfer.sink != nullptr && transfer.status() == 200) {
        if (transfer.sink->take(piece)) return size;
        transfer.stopped_by_sink = true;
        return 0;
    }
    if (transfer.answer.body.size() + size > body_bytes_max) {
        transfer.too_big = true;
        return 0;
    }
    transfer.answer.body.append(piece);
    return size;
}

bool is_loopback(std::string_view url) {
    const std::size_t scheme = url.find("://");
    const std::string_view host = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
    return host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]");
}

/// When the server's certificate ends; nothing of a plain connection.
std::optional<std::chrono::sys_seconds> certificate_end(CURL* easy) {
    constexpr std::string_view label = "Expire date:";
    curl_certinfo* chain = nullptr;
    curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain);
    if (chain == nullptr || chain->num_of_certs < 1) return std::nullopt;
    for (const curl_slist* line = chain->certinfo[0]; line != nullptr; line = line->next) {
        const std::string_view text = line->data;
        if (!text.starts_with(label)) continue;
        const std::time_t seconds = curl_getdate(std::string(text.substr(label.size())).c_str(), nullptr);
        if (seconds == -1) return std::nullopt;
        return std::chrono::sys_seconds(std::chrono::seconds(seconds));
    }
    return std::nullopt;
}

class CurlWire final : public Wire {
public:
    CurlWire(Interrupt& interrupt, TlsTrust trust) : interrupt_(interrupt), trust_(std::move(trust)) {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
            throw std::runtime_error("libcurl could not start");
        multi_ = curl_multi_init();
        if (multi_ == nullptr) throw std::runtime_error("libcurl could not start");
    }
    ~CurlWire() override {
        curl_multi_cleanup(multi_);
        curl_global_cleanup();
    }

    HttpOutcome exchange(const HttpCall& call, HttpSink* sink) override {
        Transfer transfer;
        transfer.sink = sink;
        transfer.easy = curl_easy_init();
        if (transfer.easy == nullptr) throw std::runtime_error("libcurl has no memory left");
        curl_slist* headers = nullptr;
        for (const std::string& header : call.headers) headers = curl_slist_append(headers, header.c_str());
        set_up(transfer, call, headers);

        curl_multi_add_handle(multi_, transfer.easy);
        HttpOutcome outcome = run(transfer, call);
        curl_multi_remove_handle(multi_, transfer.easy);
        curl_slist_free_all(headers);
        curl_easy_cleanup(transfer.easy);
        return outcome;
    }

    bool pause(milliseconds time) override { return interrupt_.wait_for(time); }
    steady_clock::time_point now() const override { return steady_clock::now(); }

private:
    void set_up(Transfer& transfer, const HttpCall& call, curl_slist* headers) const {
        CURL* const easy = transfer.easy;
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.words.data());
        curl_easy_setopt(easy, CURLOPT_URL, call.url.c_str());
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "execctl/" LIBEXEC_VERSION);
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout.count()));
        if (is_loopback(call.url)) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
        set_trust(easy);
        if (call.method == "POST") {
            curl_easy_setopt(easy, CURLOPT_POST, 1L);
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call.body.c_str());
        } else if (call.method != "GET") {
            curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call.method.c_str());
            if (!call.body.empty()) {
                curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                 static_cast<curl_off_t>(call.body.size()));
                curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call.body.c_str());
            }
        }
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    }

    void set_trust(CURL* easy) const {
        curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
        if (!trust_.ca_cert.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, trust_.ca_cert.c_str());
        if (!trust_.anybody) return;
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }

    HttpOutcome run(Transfer& transfer, const HttpCall& call) {
        const auto until = steady_clock::now() + call.timeout;
        transfer.last_byte = steady_clock::now();
        auto next_tick = steady_clock::now() + tick_interval;
        for (;;) {
            int running = 0;
            const CURLMcode performed = curl_multi_perform(multi_, &running);
            if (performed != CURLM_OK)
                return stopped(transfer, HttpOutcome::Kind::lost, curl_multi_strerror(performed));
            if (running == 0) return finished(transfer);

            const auto now = steady_clock::now();
            if (now >= until) return out_of_time(transfer);
            if (transfer.sink != nullptr && now - transfer.last_byte >= call.silence) {
                return stopped(transfer, HttpOutcome::Kind::lost, "nothing heard for too long");
            }
            if (transfer.sink != nullptr && now >= next_tick) {
                transfer.sink->tick();
                next_tick = now + tick_interval;
            }
            const auto wait = std::min(tick_interval, std::chrono::ceil<milliseconds>(until - now));
            curl_waitfd signal{interrupt_.descriptor(), CURL_WAIT_POLLIN, 0};
            curl_multi_poll(multi_, &signal, 1, static_cast<int>(wait.count()), nullptr);
            if (signal.revents != 0) return stopped(transfer, HttpOutcome::Kind::interrupted, "interrupted");
        }
    }

    HttpOutcome finished(Transfer& transfer) {
        int left = 0;
        const CURLMsg* const message = curl_multi_info_read(multi_, &left);
        const CURLcode code = message != nullptr ? message->data.result : CURLE_OK;
        if (transfer.too_big)
            return stopped(transfer, HttpOutcome::Kind::lost, "the answer is larger than 8 MiB");
        // A stream that just ends was lost too: whoever wanted its end has stopped it himself.
        const bool stream_ended =
            transfer.sink != nullptr && transfer.status() == 200 && !transfer.stopped_by_sink;
        if (code == CURLE_OK || transfer.stopped_by_sink) {
            if (stream_ended)
                return stopped(transfer, HttpOutcome::Kind::lost, "the server ended the stream");
            HttpOutcome outcome;
            outcome.kind = HttpOutcome::Kind::answered;
            outcome.sent = true;
            transfer.answer.status = transfer.status();
            transfer.answer.certificate_until = certificate_end(transfer.easy);
            outcome.answer = std::move(transfer.answer);
            return outcome;
        }
        return stopped(transfer, HttpOutcome::Kind::lost, describe(code, transfer));
    }

    /// Of TLS libcurl's summary leaves out what matters.
    std::string describe(CURLcode code, const Transfer& transfer) const {
        const std::string words = transfer.words.data();
        switch (code) {
            case CURLE_PEER_FAILED_VERIFICATION:
                return std::string(not_believed) + ": " + words;
            case CURLE_SSL_CACERT_BADFILE:
                return std::string(not_believed) + ": '" + trust_.ca_cert +
                       "' is no readable PEM file of certificates";
            case CURLE_SSL_CONNECT_ERROR:
                return "no TLS with it: " + words;
            default:
                return curl_easy_strerror(code);
        }
    }

    HttpOutcome out_of_time(Transfer& transfer) {
        const bool streaming = transfer.sink != nullptr && transfer.status() == 200;
        return stopped(transfer, streaming ? HttpOutcome::Kind::timed_out : HttpOutcome::Kind::lost,
                       "no answer in time");
    }

    static HttpOutcome stopped(Transfer& transfer, HttpOutcome::Kind kind, std::string why) {
        long sent_bytes = 0;
        curl_easy_getinfo(transfer.easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
        HttpOutcome outcome;
        outcome.sent = sent_bytes > 0;
        outcome.kind = kind == HttpOutcome::Kind::lost && !outcome.sent ? HttpOutcome::Kind::not_sent : kind;
        outcome.trouble = std::move(why);
        return outcome;
    }

    Interrupt& interrupt_;
    const TlsTrust trust_;
    CURLM* multi_ = nullptr;
};

}  // namespace

std::unique_ptr<Wire> make_curl_wire(Interrupt& interrupt, TlsTrust trust) {
    return std::make_unique<CurlWire>(interrupt, std::move(trust));
}

}  // namespace libexec::cli
