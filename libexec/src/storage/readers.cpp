#include "readers.hpp"

#include "sql.hpp"

namespace libexec {

StoreReaders::StoreReaders(Connect connect, std::size_t count, std::size_t queue_limit, Log& log)
    : connect_(std::move(connect)), queue_limit_(queue_limit), log_(log) {
    std::vector<std::unique_ptr<ReadTables>> connections;
    for (std::size_t i = 0; i < count; ++i) connections.push_back(connect_());
    for (std::unique_ptr<ReadTables>& tables : connections) {
        threads_.emplace_back([this, mine = std::move(tables)]() mutable { run(std::move(mine)); });
    }
}

StoreReaders::~StoreReaders() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void StoreReaders::push(std::unique_ptr<ReadOp> operation) {
    std::vector<std::unique_ptr<ReadOp>> turned_away;
    {
        const std::lock_guard lock(mutex_);
        const bool room = !stopping_ && pending_.size() < queue_limit_;
        if (room) {
            pending_.push_back(std::move(operation));
        } else {
            turned_away.push_back(std::move(operation));
        }
    }
    wake_.notify_one();
    if (turned_away.empty()) return;
    turned_away.front()->fail(
        reject(Reason::queue_full, "the order store has no room for more waiting reads"));
    deliver_all(std::move(turned_away));
}

void StoreReaders::run(std::unique_ptr<ReadTables> tables) {
    for (;;) {
        std::vector<std::unique_ptr<ReadOp>> operation;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !pending_.empty(); });
            if (pending_.empty()) return;
            operation.push_back(std::move(pending_.front()));
            pending_.pop_front();
        }
        answer(*operation.front(), tables);
        deliver_all(std::move(operation));
    }
}

void StoreReaders::answer(ReadOp& operation, std::unique_ptr<ReadTables>& tables) {
    // A connection that lay idle may have been lost long ago: the question is put once more, on a new one.
    for (bool again = tables != nullptr;; again = false) {
        try {
            if (!tables) tables = connect_();
            operation.run(*tables);
            return;
        } catch (...) {
            const SqlTrouble trouble = current_trouble();
            tables.reset();
            if (again && trouble.kind == SqlTrouble::Kind::gone) continue;
            log_.warn("store.read", "the order store could not be read", {{"why", trouble.what}});
            operation.fail(
                reject(Reason::service_unavailable, "the order store cannot be read: " + trouble.what));
            return;
        }
    }
}

}  // namespace libexec
