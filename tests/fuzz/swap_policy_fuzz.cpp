// Messages for a wallet to sign: good ones that were changed as the bytes say, and the bytes themselves. What
// passes the policy does nothing beyond its terms, by a sum that is made without the policy.

#include <span>

#include "fuzz/fuzz_target.hpp"
#include "support/wallet_swaps.hpp"

using namespace libexec;
using fuzz::require;

namespace {

void judge(const Message& message, const SwapTerms& terms) {
    static const SwapPolicyConfig ceilings = test::exact_ceilings();
    static const SwapPolicy policy(test::wallet_pair().public_key(), ceilings);
    const auto verdict = policy.check(message, terms);
    if (verdict) {
        require(test::beyond_terms(message, terms, ceilings).empty(), "what passes stays within its terms");
        return;
    }
    require(verdict.error().reason == Reason::policy_refused, "all else is refused");
    require(verdict.error().detail.find(": ") != std::string::npos, "by a rule");
    require(verdict.error().detail.size() < 400, "in few words");
}

/// Two bytes a draw.
class Bytewise {
public:
    explicit Bytewise(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    bool at_end() const { return bytes_.empty(); }
    std::uint64_t below(std::uint64_t bound) {
        std::uint64_t number = 0;
        for (int i = 0; i < 2 && !bytes_.empty(); ++i) {
            number = number << 8 | bytes_.front();
            bytes_ = bytes_.subspan(1);
        }
        return bound == 0 ? 0 : number % bound;
    }

private:
    std::span<const std::uint8_t> bytes_;
};

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    static const std::vector<test::WalletSwap> swaps = test::wallet_swaps();
    const std::span<const std::uint8_t> bytes(data, size);
    if (const auto message = decode_message(bytes)) {
        for (const test::WalletSwap& swap : swaps) judge(message.value(), swap.terms);
    }
    Bytewise source(bytes);
    const test::WalletSwap& swap = swaps[source.below(swaps.size())];
    Message message = swap.message();
    const test::Draw draw = [&](std::uint64_t bound) { return source.below(bound); };
    do {
        message = test::changed(std::move(message), draw);
        // As it comes over the wire: what cannot be written or read is no message.
        if (message.signers == 0 || message.signers > message.keys.size()) return 0;
        const auto read = decode_message(encode_message(message));
        if (!read) return 0;
        judge(read.value(), swap.terms);
    } while (!source.at_end());
    return 0;
}
