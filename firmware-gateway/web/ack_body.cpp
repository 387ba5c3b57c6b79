#include "firmware-gateway/web/ack_body.hpp"

#include <algorithm>

#include <boost/json.hpp>

namespace gateway {
namespace {

constexpr std::size_t longest_by = 100;
constexpr std::size_t longest_comment = 1000;

std::string one_line(std::string_view text) {
  std::string out{text};
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  const auto first = out.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return out.substr(first, out.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::expected<AckBody, std::string> read_ack_body(std::string_view text) {
  boost::system::error_code error;
  const auto value = boost::json::parse(boost::json::string_view{text.data(), text.size()}, error);
  if (error) return std::unexpected("the body is not JSON: " + error.message());
  const auto* object = value.if_object();
  if (object == nullptr) return std::unexpected("the body is an object: {\"by\": \"name\", \"comment\": \"text\"}");
  AckBody body;
  const auto* by = object->if_contains("by");
  if (by == nullptr || !by->is_string()) return std::unexpected("by is required: the name of the one who acknowledges");
  body.by = one_line({by->get_string().data(), by->get_string().size()});
  if (body.by.empty()) return std::unexpected("by is empty");
  if (body.by.size() > longest_by) return std::unexpected("by is longer than 100 bytes");
  if (const auto* comment = object->if_contains("comment"); comment != nullptr && !comment->is_null()) {
    if (!comment->is_string()) return std::unexpected("comment is a text");
    body.comment = one_line({comment->get_string().data(), comment->get_string().size()});
    if (body.comment.size() > longest_comment) return std::unexpected("comment is longer than 1,000 bytes");
  }
  return body;
}

}  // namespace gateway
