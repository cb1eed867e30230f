#include "libexec/chain/solana/remote_signer.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <asio/executor_work_guard.hpp>

#include "libexec/chain/solana/signer_server.hpp"
#include "libexec/chain/solana/signer_wire.hpp"
#include "libexec/solana/base64.hpp"
#include "libexec/solana/transaction.hpp"
#include "support/answer_of.hpp"
#include "support/says.hpp"
#include "support/spawn.hpp"
#include "support/temp_dir.hpp"
#include "support/wallet_swaps.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// A loop with a signer process's socket in it, and a client.
struct World {
    explicit World(std::function<void(SignerServerConfig&)> change = {}) : change_(std::move(change)) {}
    ~World() {
        server.reset();
        io.restart();
        io.poll();
    }

    void open() {
        SignerServerConfig config;
        config.socket_path = path;
        if (change_) change_(config);
        server.emplace(config, signer, io, *timers, *log);
    }

    template <class T>
    T run(Task<T> work) {
        return answer_of(io, std::move(work));
    }

    Result<SignedTransaction> sign(const WalletSwap& swap, std::chrono::milliseconds within = 5'000ms) {
        const auto client = make_remote_signer(
            {.socket_path = path, .wallet = wallet_pair().public_key(), .answer_within = within}, io,
            *timers);
        return run(client->sign(swap.to_sign(), swap.terms));
    }
    Result<PublicKey> ask_wallet(std::chrono::milliseconds within = 5'000ms) {
        return run(ask_signer_wallet(path, within, io, *timers));
    }

    TempDir folder;
    const std::string path = folder.file("sign.sock");
    std::ostringstream lines;
    const SystemClock clock;
    const std::unique_ptr<Log> log = make_stream_log(lines, LogLevel::debug, LogFormat::json, clock);
    asio::io_context io{1};
    const std::unique_ptr<Timers> timers = make_timers(io);
    const KeyPairSigner signer{
        wallet_pair(),
        [policy = SwapPolicy(wallet_pair().public_key(), exact_ceilings())](
            const Message& message, const SwapTerms& terms) { return policy.check(message, terms); }};
    std::optional<SignerServer> server;

private:
    std::function<void(SignerServerConfig&)> change_;
};

/// A blocking socket to, or at, a path.
class PlainSocket {
public:
    explicit PlainSocket(int descriptor) : descriptor_(descriptor) { REQUIRE(descriptor_ >= 0); }
    ~PlainSocket() { ::close(descriptor_); }
    PlainSocket(const PlainSocket&) = delete;
    PlainSocket& operator=(const PlainSocket&) = delete;

    static sockaddr_un address(const std::string& path) {
        sockaddr_un place{};
        place.sun_family = AF_UNIX;
        path.copy(place.sun_path, sizeof(place.sun_path) - 1);
        return place;
    }
    void send(const std::string& bytes) const {
        CHECK(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(bytes.size()));
    }
    std::string receive(std::size_t size) const {
        std::string bytes(size, '\0');
        const ssize_t count = ::recv(descriptor_, bytes.data(), size, 0);
        bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return bytes;
    }
    int descriptor() const { return descriptor_; }

private:
    const int descriptor_;
};

std::unique_ptr<PlainSocket> connect_to(const std::string& path) {
    auto socket = std::make_unique<PlainSocket>(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket->descriptor(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    const sockaddr_un place = PlainSocket::address(path);
    REQUIRE(::connect(socket->descriptor(), reinterpret_cast<const sockaddr*>(&place), sizeof(place)) == 0);
    return socket;
}

/// A signer on a thread of its own that answers each connection as it likes.
class FalseSigner {
public:
    FalseSigner(const std::string& path, std::function<std::string(const SignerRequest&)> answer)
        : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), answer_(std::move(answer)) {
        const sockaddr_un place = PlainSocket::address(path);
        REQUIRE(::bind(listener_.descriptor(), reinterpret_cast<const sockaddr*>(&place), sizeof(place)) ==
                0);
        REQUIRE(::listen(listener_.descriptor(), 8) == 0);
        thread_ = std::thread([this] { serve(); });
    }
    ~FalseSigner() {
        ::shutdown(listener_.descriptor(), SHUT_RDWR);
        thread_.join();
    }
    int calls() const { return calls_; }

private:
    void serve() {
        for (;;) {
            const int client = ::accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0) return;
            ++calls_;
            std::string heard;
            char piece[4'096];
            for (;;) {
                if (heard.size() >= 4) {
                    SignerFrameHead head{};
                    for (std::size_t i = 0; i < 4; ++i) head[i] = static_cast<std::uint8_t>(heard[i]);
                    if (heard.size() >= 4 + signer_frame_size(head).value()) break;
                }
                const ssize_t count = ::recv(client, piece, sizeof(piece), 0);
                if (count <= 0) break;
                heard.append(piece, static_cast<std::size_t>(count));
            }
            const auto request = decode_signer_request(std::string_view(heard).substr(4));
            const std::string answer = answer_(request.value());
            ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
            ::close(client);
        }
    }

    PlainSocket listener_;
    std::function<std::string(const SignerRequest&)> answer_;
    std::atomic<int> calls_{0};
    std::thread thread_;
};

std::string answer_with(const Transaction& transaction) {
    SignerAnswer answer;
    answer.transaction =
        SignedTransaction{.signature = signature_of(transaction), .bytes = encode_transaction(transaction)};
    return to_signer_frame(encode_signer_answer(answer));
}

mode_t mode_of(const std::string& path) {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_mode;
}

std::string start_failure(World& world) {
    try {
        world.open();
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "started";
}

}  // namespace

TEST_SUITE("chain/solana/remote_signer") {
    TEST_CASE("swaps are signed through the socket as they would be at home") {
        World world;
        world.open();
        CHECK(world.ask_wallet().value() == wallet_pair().public_key());
        for (const WalletSwap& swap : wallet_swaps()) {
            CAPTURE(swap.name);
            const auto made = world.sign(swap);
            REQUIRE(made);
            CHECK(made.value().bytes == world.signer.sign_now(swap.to_sign(), swap.terms).value().bytes);
            CHECK(is_signed(decode_transaction(made.value().bytes).value()));
            const std::string said = world.lines.str();
            CHECK(said.find(made.value().signature) == std::string::npos);
            CHECK(said.find(to_base64(made.value().bytes).substr(0, 40)) == std::string::npos);
        }
        says(world.lines.str(), "signer.signed");
    }

    TEST_CASE("a refusal comes with its rule, and the log names it with the order") {
        World world;
        world.open();
        WalletSwap swap = wallet_swap("tokens by cpmm");
        swap.terms.most_in = Amount(999'999);
        swap.terms.attempt = 4;
        const auto refused = world.sign(swap);
        REQUIRE(!refused);
        CHECK(refused.error().reason == Reason::policy_refused);
        says(refused.error().detail, "spend: instruction 5 of 5 (raydium_cpmm) sells 1000000");
        says(world.lines.str(), "\"event\":\"signer.refused\"");
        says(world.lines.str(), "spend: instruction 5 of 5");
        says(world.lines.str(), "\"orderId\":\"" + swap.terms.order.to_string());
        says(world.lines.str(), "\"attempt\":4");
    }

    TEST_CASE("no more transactions a minute are signed than were allowed, whatever they are") {
        World world([](SignerServerConfig& config) { config.orders_per_minute = 2; });
        world.open();
        WalletSwap bad = wallet_swap("tokens by cpmm");
        bad.terms.most_in = Amount(1);
        CHECK(!world.sign(bad));  // what is refused does not count
        CHECK(world.sign(wallet_swap("tokens by cpmm")));
        CHECK(world.sign(wallet_swap("tokens by cpmm")));
        const auto third = world.sign(wallet_swap("sol by cpmm"));
        REQUIRE(!third);
        CHECK(third.error().reason == Reason::service_unavailable);
        says(third.error().detail, "orders_per_minute: 2 transactions");
        says(world.lines.str(), "rate_limited");
    }

    TEST_CASE("a signer that is not there is waited for, and then unavailable") {
        World world;
        const auto missing = world.sign(wallet_swap("tokens by cpmm"), 200ms);
        REQUIRE(!missing);
        CHECK(missing.error().reason == Reason::service_unavailable);
        says(missing.error().detail, "did not answer within 200 ms");
        CHECK(is_retryable(missing.error().reason));

        // It comes while somebody waits.
        std::optional<Result<PublicKey>> answer;
        spawn(world.io, keep_answer(ask_signer_wallet(world.path, 20s, world.io, *world.timers), answer));
        world.io.restart();
        world.io.run_for(120ms);
        CHECK(!answer);
        world.open();
        while (!answer && world.io.run_one_for(30s) > 0) {
        }
        REQUIRE(answer);
        CHECK(answer->value() == wallet_pair().public_key());

        // And again after it was started anew.
        world.server.reset();
        CHECK(!std::filesystem::exists(world.path));
        world.open();
        CHECK(world.sign(wallet_swap("tokens by cpmm")));
        const auto long_path =
            world.run(ask_signer_wallet(std::string(108, 'x'), 1s, world.io, *world.timers));
        CHECK(long_path.error().reason == Reason::service_unavailable);
    }

    TEST_CASE("what a false signer gives is not believed") {
        const WalletSwap swap = wallet_swap("tokens by cpmm");
        const WalletSwap other = wallet_swap("sol by cpmm");
        const auto sign_of = [](const WalletSwap& one, const KeyPair& pair) {
            Transaction transaction = unsigned_transaction(one.message());
            transaction.signatures.front() = pair.sign(encode_message(transaction.message));
            return transaction;
        };
        struct Case {
            std::string doubt;
            std::string answer;
        };
        Transaction unsigned_one = unsigned_transaction(swap.message());
        const KeyPair stranger = KeyPair::from_seed(std::array<std::uint8_t, 32>{1});
        SignerAnswer renamed;
        renamed.transaction = SignedTransaction{.signature = std::string(88, '1'),
                                                .bytes = encode_transaction(sign_of(swap, wallet_pair()))};
        SignerAnswer no_transaction;
        no_transaction.wallet = plain_key(1);
        SignerAnswer garbage;
        garbage.transaction = SignedTransaction{.signature = "x", .bytes = {1, 2, 3}};
        const Case cases[] = {
            {"another message", answer_with(sign_of(other, wallet_pair()))},
            {"not of its signer", answer_with(sign_of(swap, stranger))},
            {"not of its signer", answer_with(unsigned_one)},
            {"another signature", to_signer_frame(encode_signer_answer(renamed))},
            {"something else", to_signer_frame(encode_signer_answer(no_transaction))},
            {"no transaction", to_signer_frame(encode_signer_answer(garbage))},
            {"as a signer does", to_signer_frame("{}")},
            {"as a signer does", std::string("\0\0\0\0", 4)},
            {"as a signer does", std::string("\xff\xff\xff\xff", 4)},
            {"did not answer", std::string("\0\0\1\0{", 5)},  // and hangs up
            {"did not answer", ""},
        };
        for (const Case& one : cases) {
            CAPTURE(one.doubt);
            World world;
            FalseSigner signer(world.path, [&](const SignerRequest&) { return one.answer; });
            const auto made = world.sign(swap, one.doubt == "did not answer" ? 300ms : 10'000ms);
            REQUIRE(!made);
            CHECK(made.error().reason == Reason::service_unavailable);
            says(made.error().detail, one.doubt);
            CHECK(signer.calls() >= (one.doubt == "did not answer" ? 2 : 1));
        }
        World world;
        FalseSigner honest(world.path,
                           [&](const SignerRequest&) { return answer_with(sign_of(swap, wallet_pair())); });
        CHECK(world.sign(swap));
    }
}

TEST_SUITE("chain/solana/signer_server") {
    TEST_CASE("the socket is its owner's, in a folder that is, and gone at the end") {
        World world;
        world.open();
        CHECK((mode_of(world.path) & 07777) == 0600);
        CHECK(S_ISSOCK(mode_of(world.path)));
        world.server.reset();
        CHECK(!std::filesystem::exists(world.path));

        World open_to_others([](SignerServerConfig& config) { config.users = {12'345}; });
        open_to_others.open();
        CHECK((mode_of(open_to_others.path) & 07777) == 0666);
    }

    TEST_CASE("a place that is not safe, or taken, is refused with the fix") {
        World first;
        first.open();
        World second([&](SignerServerConfig& config) { config.socket_path = first.path; });
        says(start_failure(second), "another signer listens on '" + first.path);
        CHECK(first.ask_wallet());
        first.server.reset();
        CHECK(start_failure(second) == "started");
        second.server.reset();

        World world;
        const std::string folder = world.folder.file("open");
        REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
        for (const mode_t mode : {0720, 0702, 01777}) {
            REQUIRE(::chmod(folder.c_str(), mode) == 0);
            World unsafe([&](SignerServerConfig& config) { config.socket_path = folder + "/s"; });
            says(start_failure(unsafe), "chmod go-w " + folder);
        }
        World missing([&](SignerServerConfig& config) { config.socket_path = folder + "/none/s"; });
        says(start_failure(missing), "cannot be read");
        World too_long([&](SignerServerConfig& config) {
            config.socket_path = world.folder.file(std::string(120, 'x'));
        });
        says(start_failure(too_long), "has 1 to 107 bytes");
        std::ofstream(world.path) << "mine";
        says(start_failure(world), "is no socket");
        CHECK(std::filesystem::file_size(world.path) == 4);
    }

    TEST_CASE("a socket that was left behind by one that was killed is taken over") {
        World world;
        {
            PlainSocket left(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
            const sockaddr_un place = PlainSocket::address(world.path);
            REQUIRE(::bind(left.descriptor(), reinterpret_cast<const sockaddr*>(&place), sizeof(place)) == 0);
        }
        world.open();
        CHECK(world.ask_wallet());
        // Somebody else's socket in its place stays.
        std::filesystem::remove(world.path);
        std::ofstream(world.path) << "other";
        world.server.reset();
        CHECK(std::filesystem::exists(world.path));
    }

    TEST_CASE("garbage is answered and cut; half a frame is cut in time; the next client is served") {
        World world([](SignerServerConfig& config) {
            config.request_within = 300ms;
            config.connections_max = 3;
        });
        world.open();
        std::thread loop([&] {
            world.io.restart();
            const auto busy = asio::make_work_guard(world.io);
            world.io.run();
        });
        for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\0\0\0\0", 4),
                                         std::string("\0\0\0\2[]", 6), std::string("\xff\xff\xff\xff", 4)}) {
            const auto client = connect_to(world.path);
            client->send(bytes);
            const std::string answer = client->receive(4'096);
            CAPTURE(answer);
            const bool told = answer.find("invalid_body") != std::string::npos;
            CHECK(told);
        }
        const auto half = connect_to(world.path);
        half->send(std::string("\0\0\1\0{", 5));
        CHECK(half->receive(1).empty());  // cut
        const auto idle = connect_to(world.path);
        CHECK(idle->receive(1).empty());

        std::vector<std::unique_ptr<PlainSocket>> crowd;
        for (int i = 0; i < 3; ++i) {
            crowd.push_back(connect_to(world.path));
            crowd.back()->send(to_signer_frame(encode_signer_request(SignerRequest(SignerOp::public_key))));
            CHECK(!crowd.back()->receive(4'096).empty());
        }
        const auto fourth = connect_to(world.path);
        CHECK(fourth->receive(1).empty());
        // Two requests in one breath on one connection.
        const std::string frame = to_signer_frame(encode_signer_request(SignerRequest(SignerOp::public_key)));
        crowd.front()->send(frame + frame);
        CHECK(!crowd.front()->receive(4'096).empty());
        world.io.stop();
        loop.join();
        says(world.lines.str(), "signer.bad_request");
        says(world.lines.str(), "signer.full");
    }
}
