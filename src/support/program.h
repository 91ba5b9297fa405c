// This program, as the system knows it.
#pragma once

#include <string>

namespace cf {

/// What to execute to run this program again: the file that runs, where the system can tell, also when its
/// name was given to another one meanwhile.
std::string program_path();

/// As it was called.
const char* program_name();

/// Gives the process the last part of its program's name, for those who list processes.
void name_process_after_program();

/// getenv(), but null in a program that must not be led by its environment.
const char* trusted_environment(const char* name);

/// "KILL"; "?" for a number without a name.
const char* signal_name(int number);

}  // namespace cf
