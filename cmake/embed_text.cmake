# cmake -DINPUT=FILE -DOUTPUT=FILE.cpp -DHEADER=NAME.hpp -DFUNCTION=NAME -P embed_text.cmake: writes a function that returns
# the text of INPUT. In pieces, because compilers need not take a literal of more than 65536 characters.
file(READ "${INPUT}" text)
string(LENGTH "${text}" size)
set(code "// Made from a file by cmake/embed_text.cmake.\n#include \"${HEADER}\"\n\nnamespace libexec::server {\n\n")
string(APPEND code "std::string ${FUNCTION}() {\n    std::string text;\n    text.reserve(${size});\n")
set(at 0)
while(at LESS size)
    string(SUBSTRING "${text}" ${at} 16000 piece)
    string(APPEND code "    text += R\"text(${piece})text\";\n")
    math(EXPR at "${at} + 16000")
endwhile()
string(APPEND code "    return text;\n}\n\n}  // namespace libexec::server\n")
file(WRITE "${OUTPUT}" "${code}")
