#include "libexec/chain/solana/remote_signer.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "chain/signer_world.hpp"
#include "libexec/chain/solana/signer_wire.hpp"
#include "libexec/solana/base64.hpp"
#include "libexec/solana/transaction.hpp"
#include "support/says.hpp"
#include "support/spawn.hpp"
#include "support/wallet_swaps.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

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

}  // namespace

TEST_SUITE("chain/solana/remote_signer") {
    TEST_CASE("swaps are signed through the socket as they would be at home") {
        SignerWorld world;
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
        SignerWorld world;
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
        SignerWorld world([](SignerServerConfig& config) { config.orders_per_minute = 2; });
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
        SignerWorld world;
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
            SignerWorld world;
            FalseSigner signer(world.path, [&](const SignerRequest&) { return one.answer; });
            const auto made = world.sign(swap, one.doubt == "did not answer" ? 300ms : 10'000ms);
            REQUIRE(!made);
            CHECK(made.error().reason == Reason::service_unavailable);
            says(made.error().detail, one.doubt);
            CHECK(signer.calls() >= (one.doubt == "did not answer" ? 2 : 1));
        }
        SignerWorld world;
        FalseSigner honest(world.path,
                           [&](const SignerRequest&) { return answer_with(sign_of(swap, wallet_pair())); });
        CHECK(world.sign(swap));
    }
}
