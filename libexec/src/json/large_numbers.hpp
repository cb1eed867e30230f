#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace libexec::json {

/// A document in which a 0 stands for each number that might be beyond the range of a double. RapidJSON
/// refuses the whole document for such a number, even when it is to hand on nothing but its text; with the 0
/// it reads on, and the field that holds the number can be named together with everything else that is wrong.
struct LargeNumbers {
    std::string text;
    std::map<std::size_t, std::string> by_position;  ///< among all the numbers, the first one being 0
};

/// Shape: only what is a number by the grammar of RFC 8259 and not inside a text is set aside.
LargeNumbers set_aside_large_numbers(std::string_view text);

}  // namespace libexec::json
