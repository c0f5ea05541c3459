"""Every row of known_keys.toml, with a file that it fits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.project import ROOT as PROJECT
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.hcl_files import hcl_document
from treeguard.languages.known_keys import keys_of
from treeguard.languages.known_keys import spans
from treeguard.languages.source_text import from_file
from treeguard.languages.spans import ANYWHERE
from treeguard.languages.spans import FOLDERS
from treeguard.languages.spans import GLOB
from treeguard.languages.spans import MODULES
from treeguard.languages.spans import OWN
from treeguard.languages.spans import PAGE
from treeguard.languages.spans import PATTERN
from treeguard.languages.spans import PLACE
from treeguard.languages.spans import REF
from treeguard.languages.spans import ROOT
from treeguard.languages.spans import SOURCE
from treeguard.languages.spans import UNSURE
from treeguard.languages.spans import USES
from treeguard.languages.toml_ini import ini_spans
from treeguard.languages.toml_ini import ini_texts
from treeguard.languages.toml_ini import toml_spans
from treeguard.languages.toml_ini import toml_strings
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import Scalar
from treeguard.languages.yaml_tree import json_documents
from treeguard.languages.yaml_tree import values_by_path
from treeguard.languages.yaml_tree import yaml_documents

INI = (".ini", ".cfg", ".conf", ".service", ".coveragerc", ".flake8", ".properties")
WORKFLOW = ".github/workflows/ci.yml"
# A file, a text, and what is found in it: kind, text, base.
ROWS = [
    ("a.yml", "a: {working-directory: src}", [(PATH, "src", ANYWHERE)]),
    ("a.yml", "a: {run: x/y.sh, script: [x/z.sh], env: {PATH: x}}", []),
    ("a.yml", "variables: x/y", []),
    (".gitlab-ci.yml", "a: {local: /ci/x.yml}", [(PATH, "ci/x.yml", ANYWHERE)]),
    (".gitlab-ci.yml", "a:\n  local: >\n    /x/y.yml\n", [(PATH, "x/y.yml", ANYWHERE)]),
    ("azure.yaml", "a: {requirements: [x/y]}", []),
    (".gitlab-ci.yml", "include: [a/b.yml]", [(PATH, "a/b.yml", ANYWHERE)]),
    (".gitlab-ci.yml", "include: [[a/b.yml], {x: y}]", [(PATH, "a/b.yml", ANYWHERE)]),
    (WORKFLOW, "jobs: {a: {uses: ./b/c.yml}}", [(PATH, "./b/c.yml", ANYWHERE)]),
    (WORKFLOW, "steps: [{uses: actions/checkout@v4}]", []),
    ("action.yml", "runs: {main: dist/x.js}", [(PATH, "dist/x.js", ANYWHERE)]),
    ("action.yml", "runs: {image: 'docker://a/b'}", []),
    (
        WORKFLOW,
        "- uses: docker/build-push-action@v6\n  with: {file: /a/Dockerfile}",
        [(PATH, "a/Dockerfile", ANYWHERE)],
    ),
    (
        WORKFLOW,
        "- uses: a/b@v1\n  with:\n    filters: |\n      x: ['a/**', {added: b/c}]\n",
        [(GLOB, "a/**", ROOT), (GLOB, "b/c", ROOT)],
    ),
    (WORKFLOW, "- uses: a/b@v1\n  with: {args: x/y.sh}", []),
    (
        WORKFLOW,
        "- uses: a/b@v1\n  with:\n    path: |\n      a/b\n      !c\n\n      d: e",
        [(GLOB, "a/b", ROOT), (GLOB, "c", ROOT)],
    ),
    (
        WORKFLOW,
        "- uses: a/b@v1\n  with: {odd: x/y, word: x, key: 'a-${{ b/c }}'}",
        [(UNSURE, "x/y", ROOT)],
    ),
    (WORKFLOW, "- with: {path: a/b}", []),
    (
        WORKFLOW,
        "on: {push: {paths: ['!a/**'], paths-ignore: b}}",
        [(GLOB, "a/**", ROOT), (GLOB, "b", ROOT)],
    ),
    ("other/a.yml", "on: {push: {paths: ['a/**']}}", []),
    (
        ".github/dependabot.yml",
        "updates: [{directory: /a}, {directories: [/b/*]}]",
        [(FOLDERS, "/a", ROOT), (FOLDERS, "/b/*", ROOT)],
    ),
    (
        "k8s/kustomization.yaml",
        "resources: [a.yaml, ../b, '..', 'https://x.y/z', \"---\\nkind: A\"]",
        [(PLACE, "a.yaml", OWN), (PLACE, "../b", OWN), (PLACE, "..", OWN)],
    ),
    (
        "Kustomization",
        "patches: [{path: a/b.yaml}, {patch: [{path: /spec/x}]}]",
        [(PLACE, "a/b.yaml", OWN)],
    ),
    (
        "kustomization.yml",
        "secretGenerator: [{envs: [a/b.env], files: ['k=c/d', e/f]}]",
        [(PLACE, "a/b.env", OWN), (PLACE, "c/d", OWN), (PLACE, "e/f", OWN)],
    ),
    (
        "charts/Chart.yaml",
        "dependencies: [{repository: 'file://../a'}, {repository: 'https://x.y/z'}]",
        [(PLACE, "../a", OWN)],
    ),
    (
        ".pre-commit-config.yaml",
        "hooks: [{additional_dependencies: [./a/b, requests]}]",
        [(PATH, "./a/b", ANYWHERE)],
    ),
    (".vscode/launch.json", '[{"module": "a.b"}]', [(STRING, "a.b", ANYWHERE)]),
    (
        "devcontainer.json",
        '{"program": "${workspaceFolder}/a/b.py", "dockerFile": ["c/Dockerfile"]}',
        [(PATH, "a/b.py", ANYWHERE), (PATH, "c/Dockerfile", ANYWHERE)],
    ),
    (
        WORKFLOW,
        "on: {push: {branches: [a/b], tags: 'v*'}}\n"
        "x: [{uses: actions/checkout@v4, with: {path: a, ref: b/c}}]",
        [
            (REF, "a/b", ANYWHERE),
            (REF, "v*", ANYWHERE),
            (REF, "a", ANYWHERE),
            (REF, "b/c", ANYWHERE),
        ],
    ),
    (".azure-pipelines.yml", "pr: {branches: {include: [a/b]}}", []),
    (
        "azure-pipelines.yml",
        "pr: {branches: {include: [a/b]}}",
        [(REF, "a/b", ANYWHERE)],
    ),
    (
        ".pipelines/a.yml",
        "trigger: [a/b]\npr: {paths: {include: [web], exclude: [x]}}\n"
        "steps: [{publish: $(Build.SourcesDirectory)/web}]",
        [
            (REF, "a/b", ANYWHERE),
            (GLOB, "web", ROOT),
            (GLOB, "x", ROOT),
            (PLACE, "web", ROOT),
        ],
    ),
    (
        "azure-pipelines.yml",
        "x: [{inputs: {buildContext: $(Build.SourcesDirectory)/web, "
        "testResultsFiles: '**/a.xml'}}]",
        [(GLOB, "web", ROOT), (GLOB, "**/a.xml", ROOT)],
    ),
    (
        ".circleci/config.yml",
        "a: [{store_artifacts: {path: web}}, {attach_workspace: {at: web}},\n"
        " {persist_to_workspace: {root: web, paths: [x]}}, "
        "{filters: {branches: {only: web/x}}}]",
        [
            (PLACE, "web", ROOT),
            (PLACE, "web", ROOT),
            (PLACE, "web", ROOT),
            (GLOB, "x", "/web"),
            (REF, "web/x", ANYWHERE),
        ],
    ),
    (
        ".gitlab-ci.yml",
        "a: {artifacts: {reports: {junit: web}, paths: [web]}, "
        "trigger: {include: /web/x.yml}, only: [web/x]}",
        [
            (GLOB, "web", ROOT),
            (GLOB, "web", ROOT),
            (GLOB, "web/x.yml", ROOT),
            (REF, "web/x", ANYWHERE),
        ],
    ),
    (
        "buildspec.yml",
        "artifacts: {base-directory: web, files: [x]}",
        [(PLACE, "web", ROOT), (GLOB, "x", "/web")],
    ),
    ("bitbucket-pipelines.yml", "a: {artifacts: [web]}", [(GLOB, "web", ROOT)]),
    (
        ".travis.yml",
        "cache: {directories: [web]}\ndeploy: {local_dir: web}",
        [(PLACE, "web", ROOT), (PLACE, "web", ROOT)],
    ),
    ("appveyor.yml", "artifacts: [{path: web}]", [(GLOB, "web", ROOT)]),
    (".drone.yml", "a: {settings: {context: web}}", [(GLOB, "web", ROOT)]),
    (".woodpecker/a.yml", "when: {path: [web]}", [(GLOB, "web", ROOT)]),
    (".buildkite/pipeline.yml", "- {if_changed: web}", [(GLOB, "web", ROOT)]),
    (
        ".github/labeler.yml",
        "a: [web]\nb: [{any-glob-to-any-file: '!web/**'}, {head-branch: web/x}]",
        [(GLOB, "web", ROOT), (GLOB, "web/**", ROOT), (REF, "web/x", ANYWHERE)],
    ),
    (".github/codeql/a.yml", "paths: [web]", [(GLOB, "web", ROOT)]),
    (
        WORKFLOW,
        "- uses: a/b@v1\n  with:\n    sparse-checkout: |\n      web\n      x",
        [(GLOB, "web", ROOT), (GLOB, "x", ROOT)],
    ),
    (
        "Taskfile.yml",
        "tasks: {a: {dir: '{{.ROOT_DIR}}/web', sources: [x]}}\ndotenv: [web]\n"
        "includes: {b: web}",
        [
            (PATH, "web", OWN),
            (GLOB, "x", "./web"),
            (PLACE, "web", OWN),
            (PLACE, "web", OWN),
        ],
    ),
    (
        "dvc.yaml",
        "a: {wdir: web, deps: [x]}",
        [(PATH, "web", OWN), (PLACE, "x", "./web")],
    ),
    (
        "lefthook.yml",
        "a: {root: web, glob: [x]}",
        [(PATH, "web", ROOT), (PATTERN, "x", ROOT)],
    ),
    (
        "skaffold.yaml",
        "- {context: web, docker: {dockerfile: x}}",
        [(GLOB, "web", ANYWHERE), (PLACE, "x", "web")],
    ),
    (
        "cloudbuild.yaml",
        "steps: [{dir: web}]\nartifacts: {objects: {paths: [web]}}",
        [(PATH, "web", ROOT), (GLOB, "web", ROOT)],
    ),
    (
        "docker-bake.json",
        '{"target": {"a": {"context": "web", "dockerfile": "x"}}}',
        [(PLACE, "web", ANYWHERE), (PLACE, "x", "web")],
    ),
    (
        "main.tf",
        'module "a" {\n  source = "./web"\n  file = ["${path.module}/x"]\n}\n'
        'module "b" {\n  source = "web"\n}\n',
        [(PLACE, "./web", OWN), (PLACE, "x", OWN)],
    ),
    (
        "terragrunt.hcl",
        'terraform {\n  source = "../web//x"\n}\n',
        [(PLACE, "../web", OWN)],
    ),
    (
        "heroku.yml",
        "build: {docker: {web: web/Dockerfile}}\nrelease: {command: [x]}",
        [(PLACE, "web/Dockerfile", ROOT)],
    ),
    (
        "heroku.yml",
        "build: {docker: {web: {dockerfile: web/Dockerfile}}}",
        [(PLACE, "web/Dockerfile", ROOT)],
    ),
    (
        "render.yaml",
        "a: {rootDir: web, staticPublishPath: ./x, buildFilter: {paths: [web]}}",
        [(PATH, "web", ROOT), (PLACE, "x", "/web"), (GLOB, "web", ROOT)],
    ),
    (
        "serverless.yml",
        "package: {patterns: ['!web']}\nlayers: {a: {path: web}}",
        [(GLOB, "web", OWN), (PLACE, "web", OWN)],
    ),
    (
        "template.yaml",
        "a: {Properties: {CodeUri: web}, Metadata: {DockerContext: ./web}}",
        [(PLACE, "web", OWN), (PLACE, "./web", OWN)],
    ),
    ("app.yaml", "handlers: [{static_dir: web}]", [(PLACE, "web", OWN)]),
    ("appspec.yml", "files: [{source: /web}]", [(PLACE, "web", ROOT)]),
    (
        "amplify.yml",
        "applications: [{appRoot: web, frontend: {artifacts: {baseDirectory: x}}}]",
        [(PLACE, "web", ROOT), (PLACE, "x", ROOT)],
    ),
    ("copilot/a/manifest.yml", "image: {build: web}", [(PLACE, "web", ROOT)]),
    ("vercel.json", '{"outputDirectory": "web"}', [(GLOB, "web", OWN)]),
    ("firebase.json", '{"hosting": [{"public": "web"}]}', [(PLACE, "web", OWN)]),
    (
        "mkdocs.yml",
        "docs_dir: d\nnav: [a.md, {B: b.md}, {C: [c.md, {D: d.md}]}]\nwatch: [web]\n"
        "edit_uri: edit/main/d/\nplugins: [{redirects: {redirect_maps: {o.md: e.md}}},"
        " {x: {paths: [web]}}]",
        [
            (PLACE, "d", OWN),
            (PAGE, "a.md", "./d"),
            (PAGE, "b.md", "./d"),
            (PAGE, "c.md", "./d"),
            (PAGE, "d.md", "./d"),
            (PLACE, "web", OWN),
            (PLACE, "d/", ROOT),
            (PAGE, "e.md", "./d"),
            (PLACE, "web", OWN),
        ],
    ),
    ("mkdocs.yml", "nav: [{A: a.md}]", [(PAGE, "a.md", "./docs")]),
    (
        ".readthedocs.yaml",
        "sphinx: {configuration: a/conf.py}\npython: {install: [{path: web}]}\n"
        "build: {jobs: {x: [y]}}",
        [(PLACE, "a/conf.py", ROOT), (PLACE, "web", ROOT)],
    ),
    ("_config.yml", "exclude: [web]", [(PATTERN, "web", OWN)]),
    ("codecov.yml", "ignore: [web, 'x$']", [(GLOB, "web", ROOT)]),
    (".codeclimate.yml", "exclude_patterns: [web]", [(GLOB, "web", ROOT)]),
    (".codacy.yml", "exclude_paths: [web]", [(GLOB, "web", ROOT)]),
    (".coderabbit.yaml", "reviews: {path_filters: ['!web']}", [(GLOB, "web", ROOT)]),
    (".licenserc.yaml", "header: {paths: [web]}", [(PATTERN, "web", ROOT)]),
    (".semgrep.yml", "a: {paths: {include: [web]}}", [(PATTERN, "web", ROOT)]),
    ("bandit.yaml", "exclude_dirs: [/web]", [(PLACE, "web", OWN)]),
    (".ansible-lint", "exclude_paths: [web]", [(GLOB, "web", OWN)]),
    (
        ".yamllint.yml",
        "ignore: |\n  web\n  x\n",
        [(PATTERN, "web", ROOT), (PATTERN, "x", ROOT)],
    ),
    (
        "renovate.json",
        '{"ignorePaths": ["web"], "baseBranches": ["web/x"]}',
        [(GLOB, "web", ROOT), (REF, "web/x", ANYWHERE)],
    ),
    (
        "package.json",
        '{"workspaces": ["web", "!x"], "main": "web"}',
        [(FOLDERS, "web", OWN), (FOLDERS, "x", OWN), (GLOB, "web", OWN)],
    ),
    (
        "tsconfig.json",
        '{"include": ["web"], "compilerOptions": {"baseUrl": "src", '
        '"paths": {"@a/*": ["x/*"]}}}',
        [(GLOB, "web", OWN), (GLOB, "src", OWN), (GLOB, "x/*", "./src")],
    ),
    (
        "pnpm-workspace.yaml",
        "packages: ['web/*', '!x']",
        [(FOLDERS, "web/*", OWN), (FOLDERS, "x", OWN)],
    ),
    ("lerna.json", '{"packages": ["web"]}', [(FOLDERS, "web", OWN)]),
    ("turbo.json", '{"globalDependencies": ["web"]}', [(GLOB, "web", OWN)]),
    ("nx.json", '{"workspaceLayout": {"appsDir": "web"}}', [(GLOB, "web", ROOT)]),
    (
        "web/project.json",
        '{"root": "web", "targets": {"a": {"options": {"main": "web/x.ts"}}}}',
        [(PLACE, "web", ROOT), (GLOB, "web/x.ts", ROOT)],
    ),
    ("rush.json", '{"projects": [{"projectFolder": "web"}]}', [(PLACE, "web", OWN)]),
    ("biome.json", '{"files": {"includes": ["!web"]}}', [(GLOB, "web", OWN)]),
    (".eslintrc.json", '{"ignorePatterns": ["web"]}', [(PATTERN, "web", OWN)]),
    (
        "release-please-config.json",
        '{"packages": {"web": {"extra-files": ["a/b"]}}}',
        [(UNSURE, "a/b", ROOT)],
    ),
    ("pyrightconfig.json", '{"include": ["web"]}', [(GLOB, "web", OWN)]),
    (
        ".vscode/settings.json",
        '{"python.analysis.extraPaths": ["./web"], "m.cwd": "${workspaceFolder}/web"}',
        [(GLOB, "web", ROOT), (GLOB, "web", ROOT)],
    ),
    ("a.code-workspace", '{"folders": [{"path": "web"}]}', [(PLACE, "web", OWN)]),
    (
        ".vscode/launch.json",
        '{"cwd": "${workspaceFolder}/web", "module": "a"}',
        [(PLACE, "web", ROOT), (STRING, "a", ANYWHERE)],
    ),
    (".pyre_configuration", '{"source_directories": ["web"]}', [(PLACE, "web", OWN)]),
]


# Keys of TOML and INI that use nothing: kind and text.
NAMED = [
    ("pyproject.toml", "[[tool.mypy.overrides]]\nmodule = ['a.*']", MODULES, "a.*"),
    ("setup.cfg", "[options.packages.find]\ninclude = a*", MODULES, "a*"),
    ("setup.cfg", "[mypy-a.*]\nx = y", MODULES, "a.*"),
    ("ruff.toml", "[lint.isort]\nknown-first-party = ['a']", MODULES, "a"),
    ("mypy.ini", "[mypy]\npackages = a, b", STRING, "a"),
    ("mypy.ini", "[mypy]\nfiles = web, b", GLOB, "web"),
    (
        "pyproject.toml",
        "[tool.mypy]\nmypy_path = '$MYPY_CONFIG_FILE_DIR/web'",
        PATH,
        "web",
    ),
    (".coveragerc", "[run]\nsource = web", SOURCE, "web"),
    ("setup.cfg", "[coverage:report]\ninclude = web/*", GLOB, "web/*"),
    ("pyproject.toml", "[tool.coverage.run]\nsource_pkgs = ['a']", STRING, "a"),
    ("setup.cfg", "[coverage:paths]\nx =\n  web\n  */y", GLOB, "web"),
    ("pytest.ini", "[pytest]\nnorecursedirs = web", PATTERN, "web"),
    ("ruff.toml", "src = ['web']", PATH, "web"),
    (".ruff.toml", "extend-exclude = ['web']", PATTERN, "web"),
    ("pyproject.toml", "[tool.towncrier]\ndirectory = 'web'", GLOB, "web"),
    ("pyproject.toml", "[tool.ruff]\nexclude = ['web']", PATTERN, "web"),
    (
        "pyproject.toml",
        "[tool.hatch.build.targets.sdist]\ninclude = ['/web']",
        PATTERN,
        "/web",
    ),
    ("pyproject.toml", "[tool.pyright]\nextraPaths = ['web']", PATH, "web"),
    (
        "pyproject.toml",
        "[tool.commitizen]\nversion_files = ['web/x.py:version']",
        PATH,
        "web/x.py",
    ),
    ("towncrier.toml", "[tool.towncrier]\npackage = 'a'", STRING, "a"),
    ("_typos.toml", "[files]\nextend-exclude = ['web']", PATTERN, "web"),
    ("REUSE.toml", "[[annotations]]\npath = ['web']", GLOB, "web"),
    ("Cargo.toml", "[workspace]\nmembers = ['web']", GLOB, "web"),
    ("Cargo.toml", "[dependencies]\na = {path = 'web'}", PLACE, "web"),
    ("x/Cargo.toml", "[target.y.dependencies.a]\npath = 'web'", PLACE, "web"),
    ("tach.toml", "source_roots = ['web']", GLOB, "web"),
    ("tach.toml", "[[modules]]\npath = 'a.b'", STRING, "a.b"),
    (".flake8", "[flake8]\nexclude = web,x", PATTERN, "web"),
    (".isort.cfg", "[settings]\nsrc_paths = web", PATH, "web"),
    (".deepsource.toml", "exclude_patterns = ['web']", GLOB, "web"),
    ("ruff.toml", "extend = 'web/ruff.toml'", GLOB, "web/ruff.toml"),
    ("pyproject.toml", "[tool.pyright]\ninclude = ['web']", GLOB, "web"),
    ("setup.cfg", "[bandit]\ntargets = web", GLOB, "web"),
    ("netlify.toml", "[build]\nbase = 'web'", PLACE, "web"),
    ("netlify.toml", "[build]\npublish = 'web'", PLACE, "web"),
    ("netlify.toml", "[functions]\ndirectory = 'web'", PLACE, "web"),
    ("sonar-project.properties", "sonar.sources=web,x", GLOB, "web"),
]


@pytest.mark.parametrize(("path", "text", "kind", "expected"), NAMED)
def test_a_row_of_settings_that_use_nothing(
    path: str, text: str, kind: str, expected: str
) -> None:
    read = toml_spans if path.endswith(".toml") else ini_spans
    found = list(read(from_file(text), path))
    first = min(found, default=None)
    assert (first and first.kind, first.text if first else "") == (kind, expected)


def test_what_is_published_starts_in_the_base_of_the_build() -> None:
    text = "[build]\nbase = 'web'\npublish = 'dist'\n"
    bases = [(s.text, s.base) for s in toml_spans(from_file(text), "netlify.toml")]
    assert bases == [("web", ROOT), ("dist", "/web")]


# TOML and INI: commands are read by the shell's reader.
SETTINGS = [
    ("pyproject.toml", "[project.scripts]\na = 'old.x:y'", ["old.x"]),
    ("pyproject.toml", "[tool.setuptools]\npackages = ['old.x']", ["old.x"]),
    ("pyproject.toml", "[tool.setuptools.dynamic]\na = {attr = 'old.x'}", ["old.x"]),
    ("pyproject.toml", "[tool.setuptools.dynamic]\na = {file = 'old/x'}", ["old/x"]),
    (
        "pyproject.toml",
        "[tool.hatch.build.hooks.vcs]\nversion-file = 'old/x'",
        ["old/x"],
    ),
    ("pyproject.toml", "[tool.setuptools_scm]\nwrite_to = 'old/x'", ["old/x"]),
    ("setup.cfg", "[versioneer]\nversionfile_source = old/_v.py", ["old/_v.py"]),
    ("setup.cfg", "[semantic_release]\nversion_variable = old/v.py:v", ["old/v.py"]),
    ("pyproject.toml", "[tool.uv.workspace]\nmembers = ['old/x']", ["old/x"]),
    ("pyproject.toml", "[tool.setuptools.package-dir]\na = 'old'", ["old"]),
    ("pyproject.toml", "[tool.hatch.build.targets.x]\npackages = ['old']", ["old"]),
    ("pyproject.toml", "[tool.hatch.build.force-include]\na = 'old/x'", ["old/x"]),
    ("pyproject.toml", "[tool.poetry.dependencies]\na = {path = 'old'}", ["old"]),
    ("pyproject.toml", "[tool.poetry.scripts]\na = 'old/x.py:y'", ["old/x.py"]),
    ("setup.cfg", "[entry_points]\na = old.x:y", ["old.x"]),
    ("setup.cfg", "[metadata]\na = file: old/x, old/y", ["old/x", "old/y"]),
    ("setup.cfg", "[metadata]\nversion = attr: old.x", ["old.x"]),
    ("setup.cfg", "[options]\npy_modules = old.x\n  old.y", ["old.x", "old.y"]),
    ("setup.cfg", "[tool:pytest]\naddopts = -q -p old.x", ["old.x"]),
    ("pytest.ini", "[pytest]\ntestpaths = old/x old/y", ["old/x", "old/y"]),
    ("pytest.ini", "[pytest]\npythonpath = old/x", ["old/x"]),
    ("mypy.ini", "[mypy]\nmypy_path = old/x, old/y", ["old/x", "old/y"]),
    ("pyproject.toml", "[tool.ruff]\nsrc = ['old/x']", ["old/x"]),
    ("ruff.toml", "src = ['old/x']", ["old/x"]),
    ("pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE = old.x", ["old.x"]),
    ("setup.cfg", "[mypy]\nplugins = old.x, old/y.py", ["old.x", "old/y.py"]),
    ("pyproject.toml", "[tool.pylint.main]\nload-plugins = ['old.x']", ["old.x"]),
    ("tox.ini", "[flake8:local-plugins]\na =\n X = old.x:Y\n Z = old.z", None),
    ("pyproject.toml", "[tool.poe.tasks.a]\nscript = 'old.x:y'", ["old.x"]),
    ("pyproject.toml", "[tool.pdm.scripts]\na = 'python old/x.py'", ["old/x.py"]),
    ("pyproject.toml", "[tool.hatch.envs.a.scripts]\nb = 'old/x.sh'", ["old/x.sh"]),
    ("pyproject.toml", "[tool.cibuildwheel]\nbefore-all = 'old/x.sh'", ["old/x.sh"]),
    ("tox.toml", "[env_run_base]\ncommands = [['old/x.sh']]", ["old/x.sh"]),
    ("tasks.toml", "[tasks.a]\nrun = 'old/x.sh'", ["old/x.sh"]),
    (
        "pyproject.toml",
        '[tool.tox]\nlegacy_tox_ini = """\n[testenv]\ncommands = old/x.sh\n"""',
        ["old/x.sh"],
    ),
    ("fly.toml", "[build]\ndockerfile = 'old/Dockerfile'", ["old/Dockerfile"]),
    ("fly.toml", "[processes]\na = 'python old/x.py'", ["old/x.py"]),
    ("tox.ini", "[testenv:a]\ncommands_pre = old/x.sh", ["old/x.sh"]),
    ("tox.ini", "[testenv]\nsetenv =\n  PYTHONPATH=old", ["old"]),
    ("tox.ini", "[testenv]\nchangedir = old/x", ["old/x"]),
    ("tox.ini", "[testenv]\ndeps =\n  -r old/x.txt", ["old/x.txt"]),
    ("alembic.ini", "[alembic]\nscript_location = old/x", ["old/x"]),
    ("alembic.ini", "[alembic]\nscript_location = old.x:y", ["old.x"]),
    ("uwsgi.ini", "[uwsgi]\nmodule = old.x:y", ["old.x"]),
    ("a.conf", "[program:a]\ndirectory = old/x", ["old/x"]),
    ("a.conf", "[program:a]\ncommand = python old/x.py", ["old/x.py"]),
    ("a.service", "[Service]\nExecStart=python -m old.x", ["old.x"]),
    ("a.service", "[Service]\nEnvironment=PYTHONPATH=old", ["old"]),
]


@pytest.mark.parametrize(("path", "text", "expected"), SETTINGS)
def test_a_row_of_settings(path: str, text: str, expected: list[str] | None) -> None:
    read = toml_spans if path.endswith(".toml") else ini_spans
    found = sorted({one for one in read(from_file(text), path) if one.kind in USES})
    assert [one.text for one in found] == (expected or ["old.x", "old.z"])
    for one in found:
        assert text[one.start : one.end] == one.text


def strings_of(path: str, text: str) -> Iterator[Scalar]:
    """Yield the strings of a file, as the table compares them."""
    if path.endswith(".toml"):
        return (one.at for one in toml_strings(from_file(text)) if not one.is_key)
    if path.endswith(INI):
        return (one for one in ini_texts(from_file(text)) if not one.is_key)
    found = documents_of(path, text)
    return (one for document in found for one in values_by_path(document))


def documents_of(path: str, text: str) -> list[Node]:
    if path.endswith((".tf", ".hcl")):
        return [hcl_document(from_file(text))]
    is_json = path.endswith((".json", ".code-workspace", ".pyre_configuration"))
    read = json_documents if is_json else yaml_documents
    return read(from_file(text)) or []


@pytest.mark.parametrize(("path", "text", "expected"), ROWS)
def test_a_row_finds_what_its_key_holds(
    path: str, text: str, expected: list[tuple[str, str, str]]
) -> None:
    found = list(spans(path, documents_of(path, text)))
    assert [(one.kind, one.text, one.base) for one in found] == expected
    for one in found:
        assert text[one.start : one.end] == one.text


def test_every_row_has_a_file_here() -> None:
    tested = set()
    files = [(path, text) for path, text, _ in (*ROWS, *SETTINGS)]
    files += [(path, text) for path, text, _kind, _expected in NAMED]
    for path, text in files:
        for scalar in strings_of(path, text):
            row = keys_of(path).row_of(scalar)
            tested.add((row.at, row.files, row.value) if row else None)
    table = (PROJECT / "hooks/treeguard/languages/known_keys.toml").read_text()
    assert len(tested - {None}) == table.count("\n[[key]]\n")


def test_aliases_lead_to_a_text_by_every_path() -> None:
    text = "x: &p [a/**]\non: {push: {paths: *p}, pull_request: {paths: *p}}"
    found = list(spans(WORKFLOW, yaml_documents(from_file(text)) or []))
    assert {one.text for one in found} == {"a/**"}
