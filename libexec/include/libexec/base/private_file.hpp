#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "libexec/base/result.hpp"

namespace libexec {

/// A file that only its owner may reach, open for reading.
class PrivateFile {
public:
    /// Errors: `invalid_parameter`, saying what is wrong and its fix, for a sentence that begins with the
    /// file: cannot be read, is not a file, is open to others than its owner.
    static Result<PrivateFile> open(const std::string& path);

    /// The other one is closed then.
    PrivateFile(PrivateFile&& other) noexcept;
    PrivateFile& operator=(PrivateFile&&) = delete;
    ~PrivateFile();

    /// The user it belongs to.
    std::uint32_t owner() const { return owner_; }

    /// Reads on, into `part`. Gives how many bytes, 0 at the end. Errors: `invalid_parameter`, as of `open`.
    Result<std::size_t> read(std::span<std::uint8_t> part);

private:
    explicit PrivateFile(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
    std::uint32_t owner_ = 0;
};

/// What the system said last, such as "Permission denied".
std::string last_system_error();

}  // namespace libexec
