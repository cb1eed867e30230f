// Files of accounts from anywhere: what is read is written in the other shape and read the same; what is not
// is named.

#include "fuzz/fuzz_target.hpp"
#include "libexec/chain/saved_accounts.hpp"
#include "libexec/solana/base64.hpp"

using namespace libexec;
using fuzz::require;

namespace {

/// As a bundle, whichever way it was written before.
std::string bundle_of(const AccountStates& accounts) {
    std::string text = "{\"accounts\":{";
    for (const auto& [key, account] : accounts) {
        if (text.back() == '}') text += ',';
        text += "\"" + key.to_string() + "\":{\"owner\":\"" + account.owner.to_string() +
                "\",\"lamports\":" + std::to_string(account.lamports) + ",\"data\":\"" +
                to_base64(account.data) + "\",\"executable\":" + (account.executable ? "true" : "false") +
                "}";
    }
    return text + "}}";
}

void check_refusal(const Rejection& why) {
    require(why.reason == Reason::invalid_body, "a file is refused for what is in it");
    require(why.detail.starts_with("'a.json': ") && why.detail.size() < 1'000,
            "a refusal names the file, and is short");
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    SavedAccounts saved;
    const auto added = saved.add("a.json", text);
    if (!added) {
        check_refusal(added.error());
        return 0;
    }
    require(!saved.clock() || saved.slot(), "a clock has a slot");
    SavedAccounts again;
    require(static_cast<bool>(again.add("b.json", bundle_of(saved.accounts()))),
            "what was read can be written");
    require(again.accounts() == saved.accounts(), "and says the same");
    const auto twice = saved.add("a.json", bundle_of(saved.accounts()));
    require(static_cast<bool>(twice) == saved.accounts().empty(), "no account is taken twice");
    return 0;
}
