#include "cli/generate.h"

#include "base/error.h"
#include "cli/completion.h"
#include "cli/flag_dump.h"
#include "cli/man_block.h"

namespace tenon::cli {

std::string generate(const std::string& what, const CommandInfo& command, const Jobs& jobs) {
  if (what == "man") return man_block(command, jobs);
  if (what == "complete-bash") return bash_completion(command, jobs);
  if (what == "complete-zsh") return zsh_completion(command, jobs);
  if (what == "complete-fish") return fish_completion(command, jobs);
  if (what == "flags") return flag_dump(jobs);
  throw Error(ErrorKind::Internal, "--generate has no " + tenon::quoted(what));
}

}  // namespace tenon::cli
