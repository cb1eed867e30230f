#pragma once

#include <soci/soci.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "libexec/base/clock.hpp"
#include "libexec/base/uuid.hpp"
#include "libexec/model/money.hpp"

namespace libexec {

/// A text or binary value on its way in or out of a statement; may be null.
struct TextSlot {
    std::string value;
    soci::indicator state = soci::i_ok;

    bool is_null() const { return state == soci::i_null; }
    void set(std::string text) {
        value = std::move(text);
        state = soci::i_ok;
    }
    void set_null() { state = soci::i_null; }
    void set(const Uuid& id) {
        value.assign(reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size());
        state = soci::i_ok;
    }
    void set(Amount amount) { set(amount.to_string()); }
    void set(const std::optional<Amount>& amount) {
        if (amount) {
            set(*amount);
        } else {
            set_null();
        }
    }
    Uuid uuid() const;      ///< throws std::runtime_error unless it is 16 bytes
    Amount amount() const;  ///< throws std::runtime_error unless it is decimal digits
    std::optional<Amount> maybe_amount() const;
    std::string text_or_empty() const { return is_null() ? std::string() : value; }
};

/// A 64-bit integer on its way in or out; may be null. Times are microseconds since 1970.
struct NumberSlot {
    long long value = 0;
    soci::indicator state = soci::i_ok;

    bool is_null() const { return state == soci::i_null; }
    void set_null() { state = soci::i_null; }
    template <class Integer>
    void set(Integer number) {
        value = static_cast<long long>(number);
        state = soci::i_ok;
    }
    void set(Time time) { set(time.time_since_epoch().count()); }
    void set(const std::optional<Time>& time) {
        if (time) {
            set(*time);
        } else {
            set_null();
        }
    }
    bool flag() const { return value != 0; }
    std::uint32_t u32() const { return static_cast<std::uint32_t>(value); }
    std::uint64_t u64() const { return static_cast<std::uint64_t>(value); }
    Time time() const { return Time(std::chrono::microseconds(value)); }
    std::optional<Time> maybe_time() const { return is_null() ? std::nullopt : std::optional(time()); }
    /// An enumerator stored by its position; throws std::runtime_error beyond `last`.
    template <class Enum>
    Enum word(Enum last) const {
        check_word(value, static_cast<long long>(last));
        return static_cast<Enum>(value);
    }

private:
    static void check_word(long long value, long long last);
};

/// One prepared statement and the places its values come from and go to, in the order of its parameters (?1,
/// ?2
/// ... on SQLite, where one may be named again; :a, :b ... on PostgreSQL, each named once). Belongs to one
/// thread.
class Statement {
public:
    explicit Statement(soci::session& session) : statement_(session) {}

    template <class... Slots>
    Statement& in(Slots&... slots) {
        (statement_.exchange(soci::use(slots.value, slots.state)), ...);
        return *this;
    }
    template <class... Slots>
    Statement& out(Slots&... slots) {
        (statement_.exchange(soci::into(slots.value, slots.state)), ...);
        return *this;
    }
    void prepare(const std::string& sql);

    /// Runs it to its end. Returns how many rows it changed.
    long long run();
    /// Runs a query that yields at most one row; false when it yields none.
    bool one();
    /// Runs a query to its first row. Follow with `next` until it says false: a query left half way keeps
    /// its view of the database, and later ones on this connection would see the past.
    bool first() { return statement_.execute(true); }
    bool next() { return statement_.fetch(); }

private:
    soci::statement statement_;
};

/// A transaction between two statements that begin and end it, for whoever only reads: all queries in it see
/// the same state.
class ReadSnapshot {
public:
    ReadSnapshot(Statement& begin, Statement& end) : end_(end) { begin.run(); }
    ~ReadSnapshot() {
        try {
            end_.run();
        } catch (const soci::soci_error&) {
            // Only while another error is on its way: the connection is dropped for it.
        }
    }
    ReadSnapshot(const ReadSnapshot&) = delete;
    ReadSnapshot& operator=(const ReadSnapshot&) = delete;

private:
    Statement& end_;
};

/// What went wrong in the database, as far as it matters to whoever waits.
struct SqlTrouble {
    enum class Kind : std::uint8_t {
        constraint,  ///< the row is not welcome; the transaction may go on without it
        refused,     ///< disk full, read-only, cannot open, busy: nothing was written
        conflict,    ///< another transaction was in the way; nothing was written, and again it may work
        gone,        ///< the server cannot be reached: before a commit nothing was written, at one it is open
        uncertain,   ///< input or output error, or anything unforeseen: at a commit, the outcome must be read
                     ///< back
    };
    Kind kind = Kind::uncertain;
    std::string what;  ///< for people; never holds a value of the statement
};

/// A part of a step does not fit what the database holds. Sorted with the constraints.
class Unwelcome : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Sorts the exception being handled. Only for use inside a catch block.
SqlTrouble current_trouble();

}  // namespace libexec
