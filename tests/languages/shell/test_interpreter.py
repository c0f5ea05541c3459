from __future__ import annotations

import pytest

from tests.languages.expect import uses

SILENT = [
    ("comment", "true # python old/x.py"),
    ("echo", "echo python old/x.py"),
    ("printf", "printf '%s' 'python -m old.x'"),
    ("git", "git add old/x.py && git commit -m 'run python old/x.py'"),
    ("rm", "rm -rf old/"),
    ("mkdir and ls", "mkdir -p old/x; ls old/x"),
    ("grep", "grep -r python old/x.py"),
    ("lint", "ruff check old/ && mypy old/x.py && flake8 old"),
    ("here-document to cat", "cat <<EOF\npython old/x.py\nEOF"),
    ("quoted here-document", "cat > f <<'END'\npython -m old.x\nEND"),
    ("absolute path", "python /old/x.py"),
    ("path on a drive", "python C:/old/x.py"),
    ("home folder", "python ~/old/x.py"),
    ("address", "pip install https://example.org/old/x.whl"),
    ("pattern of case", "case $1 in\n  old/x.sh | old/y.sh) true;;\nesac"),
    ("second pattern of case", "case $1 in a) true;; old/x.sh) true;; esac"),
    ("package manager", "apt-get install -y python3 old/x"),
    ("test options", "pytest -k old --ignore=old/x.py --cov old -m old/x"),
    ("unknown script", 'python "$SCRIPT"'),
    ("unknown module", "python -m $MODULE"),
    ("output", "true > old/x.txt 2>&1"),
    ("arithmetic", "x=$((1 << 2)); (( y = x << old ))\ntrue"),
    ("plain word", "old x.py"),
    ("code that is printed", "echo 'import old.x' | cat"),
    ("code that is kept", "cat <<E > x.txt\nimport old.x\nE"),
    ("measured files", "coverage report --include old/x.py --omit old/y.py"),
    ("an output folder", "uvx tool --output-dir old/api/python --all"),
    ("not a pipe", "echo 'import old.x' || python; echo 'import old.x'; python"),
    ("another's options", "pytest -p no:old.x && tox -e py -- -m old.x"),
    ("no command", "uv add old.x && poetry add old.x && hatch env show old.x"),
]

SAYS = [
    ("module", "python -m old.x", ["m old.x"]),
    ("module, options joined", "python3.11 -uIm old.x", ["m old.x"]),
    ("module after options", "python -W error -X dev -m old.x", ["m old.x"]),
    ("script", "python old/x.py --flag", ["old/x.py"]),
    ("folder", "python old/", ["old/"]),
    ("code", "python -c 'import os, old.x; from old import y as z'", None),
    ("code by name", """python -c '__import__("old.x")'""", ["m old.x"]),
    ("code in a document", "python - <<PY\nimport old.x\nPY", ["m old.x"]),
    ("interpreter's path", ".venv/bin/python old/x.py", None),
    ("env", "/usr/bin/env A=b python old/x.py", ["old/x.py"]),
    ("sudo and timeout", "sudo timeout -k 5 10 ./old/x.sh", ["./old/x.sh"]),
    ("bash", "bash -eu old/x.sh", ["old/x.sh"]),
    ("bash -c", "bash -lc 'python -m old.x'", ["m old.x"]),
    ("own path", "./old/x.sh && old/y", ["./old/x.sh", "old/y"]),
    ("source", ". old/env.sh; source old/b.sh", ["old/env.sh", "old/b.sh"]),
    ("input", "psql < old/x.sql", ["old/x.sql"]),
    ("copies", "cp -r old/a old/b build/", ["old/a", "old/b"]),
    ("pytest", "pytest -p old.plug old/t/test_a.py::test_b", None),
    ("unittest", "python -m unittest old.tests", ["m unittest", "m old.tests"]),
    ("coverage", "coverage run -m old.x", ["m old.x"]),
    ("coverage of files", "coverage run --omit old/y.py -m old.x", ["m old.x"]),
    ("uvicorn", "uvicorn --host 0.0.0.0 old.api:app", ["m old.api"]),
    ("gunicorn", "gunicorn -c old/g.py -k old.w.W old.wsgi:app", None),
    ("celery", "celery -A old.tasks worker", ["m old.tasks"]),
    ("flask", "flask --app old/app.py run", ["old/app.py"]),
    ("flask by name", "FLASK_APP=old.web:app flask run", ["m old.web"]),
    ("streamlit", "streamlit run old/ui.py", ["old/ui.py"]),
    ("django", "DJANGO_SETTINGS_MODULE=old.settings python manage.py x", None),
    ("manage.py", "python manage.py migrate --settings=old.settings", None),
    ("search path", "PYTHONPATH=old:$PYTHONPATH python -m x", ["old", "m x"]),
    ("export", "export PYTHONPATH=old", ["old"]),
    ("uv", "uv run --frozen old/x.py", ["old/x.py"]),
    ("poetry", "poetry run python -m old.x", ["m old.x"]),
    ("docker build", "docker build -f old/Dockerfile -t x old", None),
    ("docker run", "docker run -v ./old:/x img python -m old.x", None),
    ("compose", "docker compose -f old/compose.yml up", ["old/compose.yml"]),
    ("make", "make -C old test", ["old"]),
    ("pip", "pip install -r old/r.txt -e ./old[dev]", ["old/r.txt", "./old"]),
    ("terraform", "terraform -chdir=old apply", ["old"]),
    ("cd", "cd old && python x.py", ["old", "old/x.py"]),
    ("cd back", "cd a/b; cd ../..\npython old/x.py", ["a/b", "old/x.py"]),
    ("cd -", "cd old; cd -; python x.py", ["old", "x.py"]),
    ("pushd", "pushd old; popd; python x.py", ["old", "x.py"]),
    ("subshell", "(cd old; ./x.sh); python y.py", ["old", "old/x.sh", "y.py"]),
    ("root's variable", 'python "$ROOT/old/x.py"', ["old/x.py"]),
    ("own folder", 'bash "$(dirname "$0")/../old/x.sh"', ["../old/x.sh"]),
    ("variable", "S=old/x.py\npython $S", ["old/x.py"]),
    ("variable's default", 'python "${S:-old/x.py}"', ["old/x.py"]),
    ("variable with words", 'C="python -m old.x"\n$C', ["m old.x"]),
    ("loop", "for f in old/a.py old/b.py; do python $f; done", None),
    ("prefix", "python old/$name.py", ["old/..."]),
    ("pattern", "for f in old/*.py; do python $f; done", ["old/..."]),
    ("module's prefix", "python -m old.$name", ["m old...."]),
    ("substitution", 'x=$(python -m old.x "$(cat a)")', ["m old.x"]),
    ("back quotes", "x=`python old/x.py`", ["old/x.py"]),
    ("continued line", "python \\\n  -m \\\n  old.x", ["m old.x"]),
    ("after a document", "cat <<A <<B\na\nA\nb\nB\npython old/x.py", ["old/x.py"]),
    ("document without end", "cat <<A\npython old/x.py", ["old/x.py"]),
    ("branch of case", "case $1 in a) python old/x.py;; esac", ["old/x.py"]),
    ("unclosed quote", "echo it's\npython old/x.py", ["old/x.py"]),
    ("unclosed substitution", "x=$(\npython old/x.py", ["old/x.py"]),
    ("unknown program", "retry 5 python old/x.py", ["old/x.py"]),
    ("eval", "eval 'python old/x.py'", ["old/x.py"]),
    ("function", "f() {\n  python old/x.py\n}", ["old/x.py"]),
    ("uv run -m", "uv run --with a -m old.x", ["m old.x"]),
    ("pdm run -m", "pdm run -m old.x", ["m old.x"]),
    ("hatch environment", "hatch run dev:python -m old.x", ["m old.x"]),
    ("pyinstrument", "pyinstrument -m old.x", ["m old.x"]),
    ("pudb by python", "python -m pudb -m old.x", ["m pudb", "m old.x"]),
    ("MPI", "mpirun -np 2 python -m mpi4py -m old.x", ["m mpi4py", "m old.x"]),
    ("watched command", "watchfiles 'python -m old.x' src", ["m old.x"]),
    ("watched function", "watchfiles old.x.main", ["m old.x.main"]),
    ("nodemon", "nodemon -x 'python -m old.x'", ["m old.x"]),
    ("nodemon's words", "nodemon --exec python old/x.py", ["old/x.py"]),
    ("powershell", "powershell -Command 'python -m old.x'", ["m old.x"]),
    ("pod", "kubectl exec pod -- python -m old.x", ["m old.x"]),
    ("tox exec", "tox exec -e py -- python -m old.x", ["m old.x"]),
    ("pex", "pex . -o x -m old.x", ["m old.x"]),
    ("shiv", "shiv -e old.x:main .", ["m old.x"]),
    ("textual", "textual run old.x:App", ["m old.x"]),
    ("dagster", "dagster dev -m old.x", ["m old.x"]),
    ("document piped", "cat <<PY | python3\nimport old.x\nPY", ["m old.x"]),
    ("document passed on", "cat <<A | tee f | python\nimport old.x\nA", ["m old.x"]),
    ("text piped", "echo 'import old.x' | python3", ["m old.x"]),
    ("text of lines", "printf 'import os\\nimport old.x\\n' | python -", None),
    ("file piped", "cat old/x.py |\n python", ["old/x.py"]),
    ("both outputs piped", "echo 'import old.x' |& python", ["m old.x"]),
    ("here-string", "python <<< 'import old.x'", ["m old.x"]),
    ("commands piped", "echo 'python -m old.x' | sudo bash -s", ["m old.x"]),
    ("document to a runner", "uv run - <<E\nimport old.x\nE", ["m old.x"]),
    ("document in a container", "docker run i python <<E\nimport old.x\nE", None),
    ("a script's input", "python y.py <<E\nimport old.x\nE", ["y.py"]),
    ("a module's input", "echo 'import old.x' | python -m y", ["m y"]),
    ("script on the input", "python - a b <<E\nimport old.x\nE", ["m old.x"]),
    ("grouped", "{ echo 'import old.x'; } | python", ["m old.x"]),
    ("timed", "python -m timeit -s 'from old import x' 'x.f()'", None),
    ("run by runpy", "python -m runpy old.x", ["m runpy", "m old.x"]),
    ("documented", "python -m pydoc old.x", ["m pydoc", "m old.x"]),
    ("code that calls", """python -c 'exec(open("old/x.py").read())'""", ["old/x.py"]),
    ("code in pieces", """python -c '__import__("%s.x" % "old")'""", ["m old.x"]),
    ("code that adds", """python -c 'import sys; sys.path.append("old")'""", None),
    ("code below", """cd a; python -c 'import sys; sys.path += ["../old"]'""", None),
    ("condition", "if ! python old/x.py; then true; fi", ["old/x.py"]),
]
SEVERAL = {
    "code": ["m os", "m old.x", "m old", "m old.y"],
    "code that adds": ["m sys", "old"],
    "code below": ["a", "m sys", "old"],
    "timed": ["m timeit", "m old", "m old.x"],
    "text of lines": ["m os", "m old.x"],
    "document in a container": ["m old.x"],
    "interpreter's path": [".venv/bin/python", "old/x.py"],
    "pytest": ["m old.plug", "old/t/test_a.py"],
    "gunicorn": ["old/g.py", "m old.w.W", "m old.wsgi"],
    "django": ["m old.settings", "manage.py"],
    "manage.py": ["manage.py", "m old.settings"],
    "docker build": ["old/Dockerfile", "old"],
    "docker run": ["./old", "m old.x"],
    "loop": ["old/a.py", "old/b.py"],
}


@pytest.mark.parametrize("script", [s for _, s in SILENT], ids=[i for i, _ in SILENT])
def test_a_mention_is_no_use(script: str) -> None:
    assert uses("run.sh", script) == []


@pytest.mark.parametrize(
    ("script", "expected"),
    [(script, found or SEVERAL[name]) for name, script, found in SAYS],
    ids=[name for name, _, _ in SAYS],
)
def test_what_a_script_uses(script: str, expected: list[str]) -> None:
    assert uses("run.sh", script) == expected


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        ("bin/run", "#!/bin/sh\npython old/x.py", ["old/x.py"]),
        ("bin/run", "#!/usr/bin/env bash\npython old/x.py", ["old/x.py"]),
        ("bin/run", "#!/usr/bin/env python\nold/x.py", []),
        ("NOTES", "python old/x.py", []),
        ("LICENSE", "#!/bin/sh\npython old/x.py", []),
    ],
)
def test_a_shebang_makes_a_script(path: str, data: str, expected: list[str]) -> None:
    assert uses(path, data) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("# python old\\x.py", []),
        ("<#\npython old\\x.py\n#>", []),
        ('Write-Host "python old\\x.py"', []),
        ("python old\\x.py", ["old/x.py"]),
        ('& "$PSScriptRoot\\old\\x.ps1"', ["old/x.ps1"]),
        (".\\old\\x.ps1 -Flag", ["./old/x.ps1"]),
        ("Set-Location old\npython x.py", ["old", "old/x.py"]),
        ('$env:PYTHONPATH = "old"', ["old"]),
        ("Copy-Item old\\a b", ["old/a"]),
        ("python $env:ROOT\\old\\x.py", ["old/x.py"]),
        ('$x = "$y\\old"\npython $x', []),
        ("python `\n  -m old.x", ["m old.x"]),
    ],
)
def test_powershell(script: str, expected: list[str]) -> None:
    assert uses("run.ps1", script) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("rem python old\\x.py", []),
        (":: python old\\x.py", []),
        ("@python old\\x.py", ["old/x.py"]),
        ("call %~dp0old\\x.bat", ["old/x.bat"]),
        ("set X=1\r\npython -m old.x\r\n", ["m old.x"]),
    ],
)
def test_batch(script: str, expected: list[str]) -> None:
    assert uses("run.bat", script) == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("Procfile", "web: gunicorn old.app:x\nw: python old/w.py", None),
        ("crontab", "# 1 1 1 1 1 python old/x.py", []),
        ("crontab", "*/5 * * * * cd old && python x.py", ["old", "old/x.py"]),
        ("etc/cron.d/job", "0 3 * * mon root bash old/x.sh", ["old/x.sh"]),
        ("crontab", "@daily python -m old.x", ["m old.x"]),
        ("crontab", "PYTHONPATH=old", ["old"]),
        ("Jenkinsfile", "steps { sh 'python old/x.py' }", ["old/x.py"]),
        ("Jenkinsfile", 'sh """\n  cd old\n  make\n"""', ["/old"]),
        ("Jenkinsfile", "// sh 'python old/x.py'\necho 'python old/x.py'", []),
    ],
)
def test_tables_of_commands(path: str, text: str, expected: list[str] | None) -> None:
    assert uses(path, text) == (expected or ([] if expected == [] else PROCESSES))


PROCESSES = ["m old.app", "old/w.py"]
