// SPDX-License-Identifier: BSD-3-Clause

// measure <command>...: runs it, passes its exit status on, and prints the processor time that it and
// its children took (wall time would count the neighbours) and the most memory that one of them held.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const pid_t child = fork();
  if (child < 0) return 2;
  if (child == 0) {
    execvp(argv[1], argv + 1);
    std::perror(argv[1]);
    _exit(127);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 2;
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  const auto milliseconds = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
                            (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
  std::printf("milliseconds %ld kilobytes %ld\n", static_cast<long>(milliseconds), used.ru_maxrss);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
