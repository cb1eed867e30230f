#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "context.hpp"
#include "libexec/json/value.hpp"

namespace libexec::cli {

struct Column {
    std::string key;         ///< in CSV, JSON and --columns
    std::string title;       ///< in tables
    bool right = false;      ///< numbers stand right
    bool wide_only = false;  ///< in tables only with --wide or when asked for by --columns
};

/// One value of a row: what a person sees, and what a program gets.
struct Cell {
    Cell(std::string both) : shown(both), raw(std::move(both)) {}
    Cell(std::string_view both) : Cell(std::string(both)) {}
    Cell(const char* both) : Cell(std::string(both)) {}
    Cell(std::string for_people, std::string for_programs, Colour in = Colour::none)
        : shown(std::move(for_people)), raw(std::move(for_programs)), colour(in) {}

    std::string shown;  ///< made printable when written
    std::string raw;    ///< for CSV, and for JSON where no document was given; empty: null
    Colour colour = Colour::none;
};

/// A list in whatever output was asked for: aligned columns, one JSON document, one a line, or CSV (RFC
/// 4180). Tables are cut at the width of a terminal, never in a pipe, so that what a script sees does not
/// depend on the window.
class Sheet {
public:
    explicit Sheet(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// A row; `item` is what json and ndjson write for it, null for an object made of the row's raw values.
    void add(std::vector<Cell> row, JsonValue item = {});
    std::size_t rows() const { return rows_.size(); }

    /// `document` is what `-o json` writes; null: `{"items":[...]}`. `when_empty` is told on standard error
    /// instead of a table without rows. Throws Trouble (usage) for an unknown --columns.
    void print(const Context& context, const JsonValue& document = {},
               std::string_view when_empty = {}) const;
    /// The same for the one row of something that is no list: json writes the object itself.
    void print_one(const Context& context, const JsonValue& document = {}) const;

private:
    struct Row {
        std::vector<Cell> cells;
        JsonValue item;
    };
    std::vector<std::size_t> chosen(const Options& options) const;
    std::string item_json(const Row& row) const;
    void print_table(const Context& context, const std::vector<std::size_t>& columns) const;
    void print_csv(const Context& context, const std::vector<std::size_t>& columns) const;

    std::vector<Column> columns_;
    std::vector<Row> rows_;
};

/// A text as a CSV field: in quotes when it holds a comma, a quote or a line break.
std::string csv_field(std::string_view text);

}  // namespace libexec::cli
