#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/access/api_key.hpp"

namespace libexec {

/// The keys in a text of JSON Lines, one object a line, empty lines between them as one likes. Nothing else
/// is tolerated. Errors: `invalid_parameter`, naming the line, the field and the rule.
Result<std::vector<ApiKey>> parse_keys(std::string_view text);
/// The reverse of `parse_keys`, ending with a line feed.
std::string encode_keys(const std::vector<ApiKey>& keys);

/// The file that says who may come in. Only its owner may read or write it.
/// Errors: `invalid_parameter` with a sentence that names the file and what to do.
class KeyFile {
public:
    /// The file at `path`, which need not be there yet.
    explicit KeyFile(std::string path) : path_(std::move(path)) {}

    /// What tells one state of the file from another without reading it. Whoever writes in place within the
    /// clock's grain, to the same length, is not noticed; a rename always is.
    struct Mark {
        std::uint64_t device = 0;  ///< with the inode: which file it is
        std::uint64_t inode = 0;
        std::uint64_t size = 0;       ///< bytes
        std::int64_t changed_ns = 0;  ///< when its content last changed
        friend bool operator==(const Mark&, const Mark&) = default;
    };
    /// Nothing when there is no such file.
    std::optional<Mark> mark() const;

    /// All keys. Errors: also a file that is not there, that others may read, or beyond 16 MiB.
    Result<std::vector<ApiKey>> read() const;

    /// What is done to the keys; an error leaves the file as it was.
    using Change = std::function<Result<Done>(std::vector<ApiKey>&)>;
    /// Changes the keys under a lock: two writers never lose each other's. Readers see the old file or the
    /// new one, whole, and the new one survives a crash from when this returns. A missing file begins empty
    /// when `create`. Errors: those of `read` and of `change` (then nothing is written).
    Result<Done> update(const Change& change, bool create) const;

    /// Where the file is.
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

}  // namespace libexec
