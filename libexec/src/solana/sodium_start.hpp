#pragma once

namespace libexec {

/// Starts libsodium, once for the process. Throws when it cannot: then nothing here can be trusted.
void start_sodium();

}  // namespace libexec
