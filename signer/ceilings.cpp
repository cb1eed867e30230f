#include "ceilings.hpp"

#include <algorithm>
#include <optional>

#include "libexec/venues/pools/pool.hpp"

namespace libexec::signer {
namespace {

constexpr std::string_view by_transfers = "transfer";

std::uint64_t whole_number(const std::string& option, const std::string& text) {
    const Result<Amount> number = Amount::parse(text);
    if (!number) throw BadOption(option + " is a whole number below 2^63, got '" + text + "'");
    return number.value().base_units();
}

void allow(const std::string& word, SwapPolicyConfig& config) {
    if (word == by_transfers) {
        config.transfers = true;
        return;
    }
    const auto& families = pool_families();
    const auto found = std::find_if(families.begin(), families.end(),
                                    [&](const PoolFamily* family) { return family->name() == word; });
    if (found == families.end()) {
        std::string known;
        for (const PoolFamily* family : families) known += std::string(family->name()) + ", ";
        throw BadOption("--programs is a list of " + known + "transfer; got '" + word + "'");
    }
    config.programs.push_back((*found)->program());
}

}  // namespace

SwapPolicyConfig read_ceilings(const CeilingWords& words) {
    SwapPolicyConfig config;
    if (!words.programs.empty()) config.programs.clear();
    for (const std::string& word : words.programs) allow(word, config);

    for (const std::string& word : words.most_per_order) {
        const std::size_t equals = word.find('=');
        const std::optional<Mint> mint = Mint::parse(word.substr(0, equals));
        if (equals == std::string::npos || !mint)
            throw BadOption("--most-per-order is MINT=N, base units of a mint's address, got '" + word + "'");
        const Amount most(whole_number("--most-per-order " + mint->to_string(), word.substr(equals + 1)));
        if (!config.most_per_order.emplace(*mint, most).second)
            throw BadOption("--most-per-order names " + mint->to_string() + " twice");
    }
    // Without a ceiling whoever takes the engine over would name his own.
    if (config.most_per_order.size() < 2)
        throw BadOption(
            "--most-per-order MINT=N is needed for each mint that is traded, two at the least: what one "
            "order "
            "may spend of it, 0 for one that is bought alone");

    config.most_priority_fee = whole_number("--most-priority-fee", words.most_priority_fee);
    config.most_unit_price = whole_number("--most-unit-price", words.most_unit_price);
    for (const std::string& word : words.tip_accounts) {
        const std::optional<PublicKey> account = PublicKey::parse(word);
        if (!account) throw BadOption("--tip-account is an address, got '" + word + "'");
        config.tip_accounts.push_back(*account);
    }
    config.most_tip = whole_number("--most-tip", words.most_tip);
    if (config.tip_accounts.empty() != (config.most_tip == 0))
        throw BadOption("--tip-account and --most-tip go together: who may be tipped, and how much");
    return config;
}

}  // namespace libexec::signer
