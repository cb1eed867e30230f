#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/model/attempt.hpp"

namespace libexec {

/// What Token-2022 extensions belong to; its number is the byte the program writes between base and
/// extensions.
enum class TokenHolder : std::uint8_t { mint = 1, account = 2 };

/// Token-2022's numbers for the extensions that something here asks for.
enum class ExtensionType : std::uint16_t {
    transfer_fee_config = 1,
    default_account_state = 6,
    memo_transfer = 8,
    non_transferable = 9,
    cpi_guard = 11,
    permanent_delegate = 12,
    transfer_hook = 14,
    pausable = 26,
};

/// The extensions behind one account or mint of Token-2022. Views of the account's bytes: they must outlive
/// it.
class Extensions {
public:
    /// Walks all there are. `base_size` is how long the holder is without any; an account of exactly that
    /// size has none. Errors: bad_account.
    static Result<Extensions> read(std::span<const std::uint8_t> data, std::size_t base_size,
                                   TokenHolder holder);

    /// The bytes of an extension, empty when it is not there. Errors: bad_account when it has another size.
    Result<std::span<const std::uint8_t>> find(ExtensionType type, std::size_t size_bytes) const;
    /// Whether it is there, whatever it says.
    bool has(ExtensionType type) const;

private:
    struct Entry {
        std::uint16_t type = 0;
        std::span<const std::uint8_t> value;
    };
    std::vector<Entry> entries_;
};

}  // namespace libexec
