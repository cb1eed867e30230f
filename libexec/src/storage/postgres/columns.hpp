#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../sql.hpp"

namespace libexec {

/// Rows on their way into one `unnest`: each column is one parameter, the text of an array. The slots of a
/// row type are named once, with `in`, as they would be for a single row; then every `add_row` takes their
/// values.
class PgColumns {
public:
    /// `binary` are the columns of raw bytes, counted from 1.
    explicit PgColumns(std::vector<int> binary = {}) : binary_(std::move(binary)) {}
    PgColumns(const PgColumns&) = delete;
    PgColumns& operator=(const PgColumns&) = delete;

    template <class... Slots>
    PgColumns& in(Slots&... slots) {
        (add_column(slots), ...);
        return *this;
    }
    /// Makes the arrays parameters of the statement. After the last `in`.
    void bind(Statement& statement);
    /// "unnest(:p1::bytea[], :p2::text[], ...) as NAME (COLUMNS)"
    std::string source(const std::string& prefix, const std::string& name, const std::string& names) const;

    void clear();
    void add_row();
    /// After the last row.
    void close();
    bool empty() const { return rows_ == 0; }

private:
    struct Column {
        const TextSlot* text = nullptr;
        const NumberSlot* number = nullptr;
        bool binary = false;
        TextSlot array;
    };
    void add_column(const TextSlot& slot);
    void add_column(const NumberSlot& slot);

    const std::vector<int> binary_;
    std::vector<Column> columns_;
    std::size_t rows_ = 0;
};

}  // namespace libexec
