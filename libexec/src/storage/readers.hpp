#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "libexec/telemetry/log.hpp"
#include "read_tables.hpp"
#include "waiter.hpp"

namespace libexec {

class ReadOp : public StoreOperation {
public:
    virtual void run(ReadTables& tables) = 0;
};

/// A question put by `Query`, a callable from ReadTables& to the answer.
template <class Answer, class Query>
class QueryOp final : public AnsweredOperation<ReadOp, Answer> {
public:
    explicit QueryOp(Query query) : query_(std::move(query)) {}
    void run(ReadTables& tables) override { this->answer_.emplace(query_(tables)); }

private:
    Query query_;
};

/// A few threads with a read-only connection each. They never write, not even the log into the file.
class StoreReaders {
public:
    using Connect = std::function<std::unique_ptr<ReadTables>()>;

    /// Throws what `connect` throws: it opens one connection for each thread, and anew after a failure.
    StoreReaders(Connect connect, std::size_t count, std::size_t queue_limit, Log& log);
    /// Answers what is queued.
    ~StoreReaders();
    StoreReaders(const StoreReaders&) = delete;
    StoreReaders& operator=(const StoreReaders&) = delete;

    /// From any thread.
    void push(std::unique_ptr<ReadOp> operation);

private:
    void run(std::unique_ptr<ReadTables> tables);
    void answer(ReadOp& operation, std::unique_ptr<ReadTables>& tables);

    const Connect connect_;
    const std::size_t queue_limit_;
    Log& log_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::unique_ptr<ReadOp>> pending_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace libexec
