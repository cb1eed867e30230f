#include "libexec/chain/solana/remote_signer.hpp"

#include <utility>

#include <asio/basic_stream_socket.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read.hpp>
#include <asio/redirect_error.hpp>
#include <asio/write.hpp>

#include "libexec/chain/solana/signer_wire.hpp"
#include "libexec/solana/transaction.hpp"

namespace libexec {
namespace {

using Socket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;

constexpr std::chrono::milliseconds again_after{50};
/// What a client's address may be long: the system's own bound.
constexpr std::size_t path_size_most = 107;

Rejection unavailable(std::string why) { return reject(Reason::service_unavailable, std::move(why)); }

/// One question and its time.
struct Asking {
    Asking(std::string socket_path, std::string request_frame, std::chrono::milliseconds patience,
           asio::io_context& asking_io, Timers& asking_timers)
        : path(std::move(socket_path)),
          frame(std::move(request_frame)),
          within(patience),
          timers(asking_timers),
          socket(asking_io.get_executor()),
          alarm(asking_timers.make_alarm()) {}

    const std::string path;
    const std::string frame;
    const std::chrono::milliseconds within;
    Timers& timers;
    Socket socket;
    const std::unique_ptr<Alarm> alarm;
    bool answered = false;
    bool late = false;
};

Task<void> cut_when_late(std::shared_ptr<Asking> asking) {
    co_await asking->alarm->wait(asking->within);
    if (asking->answered) co_return;
    asking->late = true;
    asio::error_code ignored;
    asking->socket.close(ignored);
}

/// The frame that comes back. Errors: service_unavailable when the connection fails, which may be tried
/// again, invalid_body for what is no frame.
Task<Result<std::string>> exchange(std::shared_ptr<Asking> asking) {
    Socket& socket = asking->socket;
    asio::error_code error;
    socket.close(error);
    const asio::local::stream_protocol::endpoint place(asking->path);
    co_await socket.async_connect(place, asio::redirect_error(use_task, error));
    if (error) co_return unavailable("cannot be reached: " + error.message());
    co_await asio::async_write(socket, asio::buffer(asking->frame), asio::redirect_error(use_task, error));
    if (error) co_return unavailable("broke off: " + error.message());
    SignerFrameHead head{};
    co_await asio::async_read(socket, asio::buffer(head), asio::redirect_error(use_task, error));
    if (error) co_return unavailable("broke off: " + error.message());
    const Result<std::size_t> size = signer_frame_size(head);
    if (!size) co_return size.error();
    std::string body(size.value(), '\0');
    co_await asio::async_read(socket, asio::buffer(body), asio::redirect_error(use_task, error));
    if (error) co_return unavailable("broke off: " + error.message());
    co_return body;
}

Task<Result<SignerAnswer>> ask(std::shared_ptr<Asking> asking) {
    const std::string name = "the signer at '" + asking->path + "' ";
    Result<std::string> body;
    for (;;) {
        body = co_await exchange(asking);
        // Asking for the same signature again gives the same one.
        if (body || asking->late || body.error().reason != Reason::service_unavailable) break;
        co_await asking->timers.sleep_for(again_after);
        if (asking->late) break;
    }
    asking->answered = true;
    asking->alarm->ring();
    asio::error_code ignored;
    asking->socket.close(ignored);
    if (!body && asking->late)
        co_return unavailable(name + "did not answer within " + std::to_string(asking->within.count()) +
                              " ms (" + body.error().detail + ")");
    if (!body) co_return unavailable(name + "does not speak as a signer does: " + body.error().detail);
    Result<SignerAnswer> answer = decode_signer_answer(body.value());
    if (!answer) co_return unavailable(name + "does not speak as a signer does: " + answer.error().detail);
    co_return answer;
}

Task<Result<SignerAnswer>> start(std::string path, SignerRequest request, std::chrono::milliseconds within,
                                 asio::io_context& io, Timers& timers) {
    if (path.empty() || path.size() > path_size_most)
        co_return unavailable("the path of a signer's socket has 1 to " + std::to_string(path_size_most) +
                              " bytes");
    std::string body = encode_signer_request(request);
    if (body.size() > signer_frame_bytes_max)
        co_return reject(Reason::policy_refused, "size: the request for a signature has " +
                                                     std::to_string(body.size()) + " bytes, at most " +
                                                     std::to_string(signer_frame_bytes_max));
    const auto asking = std::make_shared<Asking>(std::move(path), to_signer_frame(body), within, io, timers);
    asio::co_spawn(io, cut_when_late(asking), asio::detached);
    co_return co_await ask(asking);
}

/// What is wrong with a signed transaction; empty when nothing is.
std::string doubt_about(const SignedTransaction& given, const Bytes& message, const PublicKey& wallet) {
    const auto transaction = decode_transaction(given.bytes);
    if (!transaction) return "it is no transaction: " + transaction.error().detail;
    if (encode_message(transaction.value().message) != message) return "it is another message than was sent";
    if (transaction.value().message.keys.front() != wallet) return "another wallet pays for it";
    if (!is_signed(transaction.value())) return "a signature in it is not of its signer";
    if (given.signature != signature_of(transaction.value())) return "it has another signature than is said";
    return {};
}

class RemoteSigner final : public Signer {
public:
    RemoteSigner(RemoteSignerConfig config, asio::io_context& io, Timers& timers)
        : config_(std::move(config)), io_(io), timers_(timers) {}

    Task<Result<SignedTransaction>> sign(UnsignedTransaction transaction, SwapTerms terms) override {
        SignerRequest request(SignerOp::sign);
        request.transaction = std::move(transaction);
        request.terms = terms;
        const Bytes message = request.transaction.message;
        Result<SignerAnswer> answer =
            co_await start(config_.socket_path, std::move(request), config_.answer_within, io_, timers_);
        if (!answer) co_return answer.error();
        const std::string name = "the signer at '" + config_.socket_path + "' ";
        if (const auto& error = answer.value().error) {
            if (error->reason == Reason::policy_refused) co_return *error;
            co_return unavailable(name + "does not sign: " + error->detail);
        }
        if (!answer.value().transaction) co_return unavailable(name + "answered something else");
        const SignedTransaction& given = *answer.value().transaction;
        const std::string doubt = doubt_about(given, message, config_.wallet);
        if (!doubt.empty()) co_return unavailable(name + "gave what cannot be sent: " + doubt);
        co_return given;
    }

private:
    const RemoteSignerConfig config_;
    asio::io_context& io_;
    Timers& timers_;
};

}  // namespace

std::unique_ptr<Signer> make_remote_signer(RemoteSignerConfig config, asio::io_context& io, Timers& timers) {
    return std::make_unique<RemoteSigner>(std::move(config), io, timers);
}

Task<Result<PublicKey>> ask_signer_wallet(std::string socket_path, std::chrono::milliseconds within,
                                          asio::io_context& io, Timers& timers) {
    const std::string name = "the signer at '" + socket_path + "' ";
    SignerRequest request(SignerOp::public_key);
    Result<SignerAnswer> answer =
        co_await start(std::move(socket_path), std::move(request), within, io, timers);
    if (!answer) co_return answer.error();
    if (const auto& error = answer.value().error)
        co_return unavailable(name + "does not say its wallet: " + error->detail);
    if (!answer.value().wallet) co_return unavailable(name + "answered something else");
    co_return *answer.value().wallet;
}

}  // namespace libexec
