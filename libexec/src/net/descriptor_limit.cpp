#include "libexec/net/descriptor_limit.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

namespace libexec {

namespace {

std::uint64_t as_number(rlim_t limit) {
    return limit == RLIM_INFINITY ? std::numeric_limits<std::uint64_t>::max() : limit;
}

}  // namespace

std::uint64_t descriptor_limit() {
    rlimit limits{};
    if (::getrlimit(RLIMIT_NOFILE, &limits) != 0) return std::numeric_limits<std::uint64_t>::max();
    return as_number(limits.rlim_cur);
}

std::uint64_t raise_descriptor_limit(std::uint64_t wanted) {
    rlimit limits{};
    if (::getrlimit(RLIMIT_NOFILE, &limits) != 0 || as_number(limits.rlim_cur) >= wanted)
        return descriptor_limit();
    limits.rlim_cur = static_cast<rlim_t>(std::min(wanted, as_number(limits.rlim_max)));
    // Refused, it stays as it was, which is what the answer says.
    (void)::setrlimit(RLIMIT_NOFILE, &limits);
    return descriptor_limit();
}

}  // namespace libexec
