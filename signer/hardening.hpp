#pragma once

namespace libexec::signer {

/// From now on the process leaves no core file, and no process of the same user may look into it or trace it.
/// Throws std::system_error when the system does not let it.
void harden();

}  // namespace libexec::signer
