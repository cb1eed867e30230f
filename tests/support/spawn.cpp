#include "support/spawn.hpp"

#include <asio/co_spawn.hpp>

namespace libexec::test {

void spawn(asio::io_context& io, Task<void> work, std::function<void(std::exception_ptr)> ended) {
    asio::co_spawn(io, std::move(work), std::move(ended));
}

void spawn(asio::io_context& io, Task<void> work) {
    spawn(io, std::move(work), [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
    });
}

}  // namespace libexec::test
