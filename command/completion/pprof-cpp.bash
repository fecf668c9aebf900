# bash completion for pprof-cpp: verbs, options, your processes that can be asked, profiles.

# Pids and names of the processes that can be asked.
_pprof_cpp_whom() {
  pprof-cpp ps 2>/dev/null | awk 'NR > 1 { print $1; print $2 }' | sort -u
}

# Words that may follow the options of a verb.
_pprof_cpp_options() {
  case "$1" in
    run) echo "--listen --socket --children --allocator --heap-interval --help" ;;
    get) echo "--seconds --output --help" ;;
    top) echo "--seconds --by --rows --once --help" ;;
    stacks) echo "--self --help" ;;
    capture) echo "--output --seconds --help" ;;
    captures) echo "--output --help" ;;
    open) echo "--seconds --http --help" ;;
    attach) echo "--listen --help" ;;
    ps | expose) echo "--help" ;;
  esac
}

# The position of the program of `run`: what follows is completed as its own command line.
_pprof_cpp_program_at() {
  local at
  for ((at = 2; at <= COMP_CWORD; at++)); do
    case "${COMP_WORDS[at]}" in
      --) echo $((at + 1)); return ;;
      --listen | --children | --allocator | --heap-interval) ((at++)) ;;
      -*) ;;
      *) echo "$at"; return ;;
    esac
  done
  echo $((COMP_CWORD + 1))
}

_pprof_cpp_run() {
  local at
  at=$(_pprof_cpp_program_at)
  [[ $COMP_CWORD -ge $at ]] || return 1
  if [[ $COMP_CWORD -gt $at ]] && declare -F _command_offset >/dev/null; then
    _command_offset "$at"
  else
    mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
  fi
}

_pprof_cpp() {
  local current=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words
  COMPREPLY=()
  case "${COMP_WORDS[COMP_CWORD - 1]}" in
    --children) words="serve off" ;;
    --allocator) words="tcmalloc keep" ;;
    --by) words="flat cum grew" ;;
    --listen | --http) words="127.0.0.1:6060" ;;
    --seconds | --rows | --heap-interval) return ;;
    -o | --output) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    *)
      if [[ $COMP_CWORD == 1 ]]; then
        words="run ps get top stacks capture captures open expose attach help --help --version"
      elif [[ $verb == run ]] && _pprof_cpp_run; then
        return
      elif [[ $current == -* || $verb == run ]]; then
        words=$(_pprof_cpp_options "$verb")
      elif [[ $COMP_CWORD == 2 && $verb != help ]]; then
        words=$(_pprof_cpp_whom)
      elif [[ $COMP_CWORD == 3 && $verb =~ ^(get|top|open)$ ]]; then
        words="heap allocs peak goroutine threadcreate profile wall block mutex"
      elif [[ $COMP_CWORD == 3 && $verb == captures ]]; then
        words="last"
      fi
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _pprof_cpp pprof-cpp
