# gateway_embed(target NAME name FILES a b ...): puts files into the program, readable as
#   extern const std::span<const gateway::EmbeddedFile> gateway::embedded::name;   (core/embedded_file.hpp)
# The bytes come in through the assembler's .incbin, so nothing is turned into C arrays and large files cost no compile time.
# FOLDER: file names are given relative to it. The list is taken at configure time.
function(gateway_embed target)
  cmake_parse_arguments(ARG "" "NAME;FOLDER" "FILES" ${ARGN})
  set(asm "\t.section .note.GNU-stack,\"\",%progbits\n\t.section .rodata\n")
  set(table "")
  set(externs "")
  set(index 0)
  foreach(file IN LISTS ARG_FILES)
    file(RELATIVE_PATH short "${ARG_FOLDER}" "${file}")
    string(APPEND asm "\t.global gateway_${ARG_NAME}_${index}\n\t.global gateway_${ARG_NAME}_${index}_end\n"
      "\t.balign 16\ngateway_${ARG_NAME}_${index}:\n\t.incbin \"${file}\"\ngateway_${ARG_NAME}_${index}_end:\n\t.byte 0\n")
    string(APPEND externs "extern const char gateway_${ARG_NAME}_${index}[];\nextern const char gateway_${ARG_NAME}_${index}_end[];\n")
    string(APPEND table
      "    EmbeddedFile{\"${short}\", gateway_${ARG_NAME}_${index}, gateway_${ARG_NAME}_${index}_end},\n")
    math(EXPR index "${index} + 1")
  endforeach()
  set(out "${CMAKE_CURRENT_BINARY_DIR}/embedded_${ARG_NAME}")
  file(CONFIGURE OUTPUT "${out}.s" CONTENT "${asm}" @ONLY)
  file(CONFIGURE OUTPUT "${out}.cpp" CONTENT "#include \"core/embedded_file.hpp\"
extern \"C\" {
${externs}}
namespace gateway::embedded {
namespace {
const EmbeddedFile files[] = {
${table}};
}
extern const std::span<const EmbeddedFile> ${ARG_NAME};
const std::span<const EmbeddedFile> ${ARG_NAME}{files};
}  // namespace gateway::embedded
" @ONLY)
  set_source_files_properties("${out}.s" PROPERTIES OBJECT_DEPENDS "${ARG_FILES}")
  target_sources(${target} PRIVATE "${out}.s" "${out}.cpp")
endfunction()
