#include "options.h"

int main(int argc, char** argv) {
  tenon::cli::Command command(tenon::model_tool::command_info());
  tenon::model_tool::add_jobs(command);
  return command.run(argc, argv);
}
