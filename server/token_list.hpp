#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "libexec/model/token.hpp"

namespace libexec::server {

/// The tokens a request may name. Whoever reads holds the list as it was when it asked; another one may take
/// its place meanwhile. Safe from any thread.
class TokenList {
public:
    using Snapshot = std::shared_ptr<const TokenRegistry>;

    explicit TokenList(const TokenRegistry& tokens)
        : tokens_(std::make_shared<const TokenRegistry>(tokens)) {}

    Snapshot get() const {
        const std::lock_guard lock(mutex_);
        return tokens_;
    }
    void replace(Snapshot tokens) {
        const std::lock_guard lock(mutex_);
        tokens_.swap(tokens);
    }

private:
    mutable std::mutex mutex_;
    Snapshot tokens_;
};

}  // namespace libexec::server
