#pragma once

#include <string>

#include "libexec/base/result.hpp"

namespace libexec {

/// The text of a file that only its owner may read or write. Errors: `invalid_parameter`, naming the file and
/// the fix: not there, not a file, open to others, beyond `size_most` bytes.
Result<std::string> read_private_file(const std::string& path, std::size_t size_most);

/// Writes a new file for its owner alone, on the disk when it returns. Errors: `invalid_parameter`: it is
/// there, or cannot be written; then nothing is left of it.
Result<Done> write_private_file(const std::string& path, const std::string& text);

}  // namespace libexec
