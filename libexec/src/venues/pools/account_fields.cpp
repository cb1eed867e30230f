#include "account_fields.hpp"

#include <algorithm>

namespace libexec::pools {

PublicKey AccountFields::key(std::size_t at) {
    PublicKey::Bytes bytes{};
    if (reaches(at, bytes.size())) std::copy_n(data_.data() + at, bytes.size(), bytes.begin());
    return PublicKey(bytes);
}

Rejection bad_account(std::string_view what, const PublicKey& key, std::string_view trouble) {
    std::string detail(what);
    detail += " " + key.to_string() + ": ";
    detail += trouble;
    return reject(Reason::bad_account, std::move(detail));
}

Result<const AccountState*> find_account(const AccountStates& accounts, const PublicKey& key,
                                         std::string_view what) {
    const auto found = accounts.find(key);
    if (found == accounts.end()) return bad_account(what, key, "there is no such account");
    return &found->second;
}

Result<const AccountState*> find_owned(const AccountStates& accounts, const PublicKey& key,
                                       const PublicKey& program, const AccountShape& shape) {
    auto found = find_account(accounts, key, shape.what);
    if (!found) return found.error();
    const AccountState& account = *found.value();
    if (account.owner != program)
        return bad_account(shape.what, key, "its owner is " + account.owner.to_string());
    if (shape.size_bytes != 0 && account.data.size() != shape.size_bytes)
        return bad_account(shape.what, key,
                           "it has " + std::to_string(account.data.size()) + " bytes instead of " +
                               std::to_string(shape.size_bytes));
    const auto same = [](char expected, std::uint8_t byte) {
        return static_cast<std::uint8_t>(expected) == byte;
    };
    if (account.data.size() < shape.discriminator.size() ||
        !std::equal(shape.discriminator.begin(), shape.discriminator.end(), account.data.begin(), same))
        return bad_account(shape.what, key, "its discriminator is another one's");
    return found;
}

}  // namespace libexec::pools
