#include "generation/request.h"

#include "base/error.h"

namespace tenon::generation {

void RequestSettings::validate(sampling::SamplingOptions::Naming naming) const {
  const bool is_flag = naming == sampling::SamplingOptions::Naming::Flags;
  const auto refuse = [](const std::string& what) { return Error(ErrorKind::Usage, what); };
  sampling.validate(naming);
  if (max_tokens < 0)
    throw refuse((is_flag ? "--max-tokens is " : "max_tokens is ") + std::to_string(max_tokens) +
                 ", it must be 0 or more");
  if (logprobs < 0)
    throw refuse((is_flag ? "--logprobs is " : "logprobs is ") + std::to_string(logprobs) +
                 ", it must be 0 or more");
  if (samples < 1)
    throw refuse((is_flag ? "--samples is " : "samples is ") + std::to_string(samples) +
                 ", it must be 1 or more");
  if (samples > 1 && sampling.temperature == 0.0)
    throw refuse((is_flag ? "--samples " : "samples ") + std::to_string(samples) +
                 " has no effect at temperature 0: every answer would be the same")
        .hint(is_flag ? "set a temperature too: --temperature 0.8"
                      : "set a temperature too: \"temperature\": 0.8");
  for (const std::string& text : stop_texts)
    if (text.empty())
      throw refuse(std::string(is_flag ? "--stop" : "stop") +
                   " is an empty text, the answer would end at once");
}

std::string_view finish_name(Finish finish) {
  switch (finish) {
    case Finish::Stop:
      return "stop";
    case Finish::StopText:
      return "stop-text";
    case Finish::Length:
      return "length";
    case Finish::Context:
      return "context";
  }
  return "";
}

}  // namespace tenon::generation
