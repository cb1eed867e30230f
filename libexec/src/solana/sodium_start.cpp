#include "sodium_start.hpp"

#include <sodium.h>

#include <stdexcept>

namespace libexec {

void start_sodium() {
    static const bool ready = sodium_init() >= 0;
    if (!ready) throw std::runtime_error("libsodium cannot start on this machine");
}

}  // namespace libexec
