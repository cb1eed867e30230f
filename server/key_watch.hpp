#pragma once

#include <optional>
#include <string>

#include "libexec/access/gate.hpp"
#include "libexec/access/key_file.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec::server {

/// Keeps a gate to what the key file says. A file that is broken, missing or open to others changes nothing.
/// One thread at a time; everything handed in outlives it.
class KeyWatch {
public:
    /// `mark` is that of the file as the gate has it.
    KeyWatch(KeyFile file, std::optional<KeyFile::Mark> mark, Gate& gate, Log& log)
        : file_(std::move(file)), mark_(mark), gate_(gate), log_(log) {}

    /// Reads the file again when it is another one than last time.
    void look();
    /// Reads it again whatever it looks like.
    void read();
    const Gate& gate() const { return gate_; }

private:
    const KeyFile file_;
    std::optional<KeyFile::Mark> mark_;
    Gate& gate_;
    Log& log_;
};

/// "3 keys, 1 of them revoked or expired".
std::string describe_keys(const KeyRing& keys, Time now);

}  // namespace libexec::server
