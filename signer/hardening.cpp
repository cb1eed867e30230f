#include "hardening.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <system_error>

namespace libexec::signer {
namespace {

void insist(int result, const char* what) {
    if (result != 0) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

void harden() {
    constexpr rlimit none{.rlim_cur = 0, .rlim_max = 0};
    insist(::setrlimit(RLIMIT_CORE, &none), "core files cannot be switched off");
    insist(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "the process cannot be closed to others");
    // Nothing that it might ever start gains rights by doing so.
    insist(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "new rights cannot be given up");
}

}  // namespace libexec::signer
