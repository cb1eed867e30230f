#include "columns.hpp"

#include <algorithm>

#include "connection.hpp"

namespace libexec {
namespace {

void add_quoted(std::string& array, std::string_view text) {
    array += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') array += '\\';
        array += c;
    }
    array += '"';
}

}  // namespace

void PgColumns::add_column(const TextSlot& slot) {
    const int number = static_cast<int>(columns_.size()) + 1;
    Column& column = columns_.emplace_back();
    column.text = &slot;
    column.binary = std::find(binary_.begin(), binary_.end(), number) != binary_.end();
}

void PgColumns::add_column(const NumberSlot& slot) { columns_.emplace_back().number = &slot; }

void PgColumns::bind(Statement& statement) {
    for (Column& column : columns_) statement.in(column.array);
}

std::string PgColumns::source(const std::string& prefix, const std::string& name,
                              const std::string& names) const {
    std::string text = "unnest(";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const Column& column = columns_[i];
        const char* const type = column.number != nullptr ? "bigint" : column.binary ? "bytea" : "text";
        text += (i == 0 ? ":" : ", :") + prefix + std::to_string(i + 1) + "::" + type + "[]";
    }
    return text + ") as " + name + " (" + names + ")";
}

void PgColumns::clear() {
    rows_ = 0;
    for (Column& column : columns_) column.array.set("{");
}

void PgColumns::add_row() {
    for (Column& column : columns_) {
        std::string& array = column.array.value;
        if (rows_ > 0) array += ',';
        const bool null = column.number != nullptr ? column.number->is_null() : column.text->is_null();
        if (null) {
            array += "NULL";
        } else if (column.number != nullptr) {
            array += std::to_string(column.number->value);
        } else {
            add_quoted(array, column.binary ? to_bytea(column.text->value) : column.text->value);
        }
    }
    ++rows_;
}

void PgColumns::close() {
    for (Column& column : columns_) column.array.value += '}';
}

}  // namespace libexec
