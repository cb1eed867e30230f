#include "libexec/embed/open.hpp"

#include "config_check.hpp"
#include "local_service.hpp"

namespace libexec {

std::unique_ptr<Service> open(Config config, Parts parts) {
    check(config);
    check(parts);
    return std::make_unique<LocalService>(config, std::move(parts));
}

std::unique_ptr<Service> open(Config config, Log& log) {
    Parts parts;
    parts.log = &log;
    return open(std::move(config), std::move(parts));
}

}  // namespace libexec
