#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/model/attempt.hpp"

namespace libexec {

/// Base64 with its padding, as the chain's nodes write accounts and transactions.
std::string to_base64(const Bytes& bytes);
/// The bytes `text` spells, or nothing: padding missing, a foreign character, a space or bits left over.
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace libexec
