"""One side of a review: every project of a tree, its models, and what is known of each."""

from __future__ import annotations

import csv
import hashlib
import io
import posixpath
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from carepath.review import configuration, nodes
from carepath.review import facts as facting
from carepath.review.cache import Memo
from carepath.review.facts import JoinFact, ModelFacts
from carepath.review.findings import Ledger
from carepath.review.jinja.graph import sources_of
from carepath.review.jinja.relations import RelationName
from carepath.review.jinja.render import (
    COMMENT,
    MacroFile,
    Rendered,
    Renderer,
    RenderFailure,
    read_macros,
)
from carepath.review.jinja.unknown import changes_the_syntax
from carepath.review.models import (
    Analysis,
    Model,
    Space,
    Variant,
    by_name,
    holds_only_macros,
    joins,
    literals,
    reads,
)
from carepath.review.nodes import REF_TEXT, NodeDoc
from carepath.review.project import SNAPSHOT_TEXT, File, Project, discover, layer_of
from carepath.review.settings import Settings
from carepath.review.sql import dialects
from carepath.review.sql.parse import parse
from carepath.review.sql.relation import Column, Relation, Source, open_relation
from carepath.review.sql.scope import Resolver
from carepath.review.tree import Tree

sys.setrecursionlimit(max(sys.getrecursionlimit(), 6000))
KEPT_ANALYSES = 120
VERSIONED = re.compile(r"^(?P<name>.+?)[._]v(?P<version>\d+)$")


class Snapshot:
    """All projects of one tree, read lazily; unknown things are open, not errors."""

    def __init__(self, tree: Tree, settings: Settings, memo: dict[str, Any] | None = None) -> None:
        self.tree = tree
        self.settings = settings
        self.memo = memo if isinstance(memo, Memo) else Memo(memo)
        self.ledger = Ledger()
        self.spaces: list[Space] = []
        self.models: dict[str, Model] = {}
        self._texts: dict[str, str] = {}
        self._selections: dict[tuple[str, str], str] = {}
        self._facts: dict[str, ModelFacts] = {}
        self._keys: dict[str, str] = {}
        self._busy: set[str] = set()
        self.local: dict[str, Any] = {}
        self._digests: dict[int, str] = {}
        self._unanswered = 0
        self._upstream: dict[str, list[Model]] = {}
        self._guesses: dict[str, list[Model]] = {}
        self._records: dict[str, tuple[tuple[RelationName, ...], tuple[str, ...]]] = {}
        self._outputs: dict[str, Relation] = {}
        self._rendered: dict[str, list[Rendered] | RenderFailure] = {}
        self._analyses: dict[str, Analysis] = {}
        self._owners: dict[int, Space] = {}
        self._literals: dict[str, tuple[tuple[Source, str], ...]] = {}
        self._joins: dict[str, tuple[JoinFact, ...]] = {}
        self._reads: dict[str, tuple[Source, ...]] = {}
        projects = discover(tree, self.ledger, settings.project_dir)
        for project in projects:
            self.spaces.append(self._space(project, projects))

    # -- reading ---------------------------------------------------------------------------

    def text(self, file: File) -> str:
        """The text of a file; an unreadable one is named and empty."""
        if file.kind == "snapshot" and not file.path.endswith(".sql"):
            return self._selections.get((file.path, file.name), "")
        if file.path not in self._texts:
            self._texts[file.path] = self.tree.text(file.path) or ""
        return self._texts[file.path]

    def _note_trouble(self, file: File) -> None:
        """Name a file that cannot be read, or not well; known from earlier runs by its blob."""
        slot = f"t|{self.tree.entries[file.path].kind}|{file.sha}"
        trouble = self.memo.get(slot)
        if trouble is None:
            text, trouble = self.tree.look(file.path)
            self._texts[file.path] = text or ""
            self.memo[slot] = trouble
        if trouble:
            self.ledger.add(file.path, trouble, stage="read")

    def _space(self, project: Project, projects: list[Project]) -> Space:
        for file in project.files:
            if file.kind != "yaml" and not file.path.endswith(".py"):
                self._note_trouble(file)
        docs = nodes.read(self.tree, project, self.ledger, self.memo)
        macros = self._macros(project)
        others = {p.name: self._macros(p) for p in projects if p is not project}
        dialect = self._dialect(project)
        renderer = Renderer(
            project.name,
            macros,
            project.variables,
            dialect,
            project.packages,
            project.configured,
            others,
            sources_of(docs.sources.values(), project.name),
        )
        names = ",".join(sorted(renderer.owner))
        basis = f"{project.name}|{dialect}|{sorted(project.variables.items(), key=str)}|{names}"
        if any("graph" in macro.source for macro in macros):
            # A macro may look at every source there is.
            basis += "".join(self._doc_digest(doc) for doc in docs.sources.values())
        space = Space(
            project,
            docs,
            renderer,
            dialect=dialect,
            digest=hashlib.sha256(basis.encode()).hexdigest(),
        )
        for file in project.of_kind("model", "snapshot", "seed", "python"):
            self._add_model(space, file)
        for doc in docs.models.values():
            if doc.relation and doc.name not in space.models:
                self._selections[doc.file, doc.name] = f"select * from {{{{ {doc.relation} }}}}\n"
                sha = self.tree.entries[doc.file].sha
                self._add_model(space, File(doc.file, "snapshot", doc.name, sha))
        return space

    def _macros(self, project: Project) -> list[MacroFile]:
        found: list[MacroFile] = []
        for file in project.of_kind("macro", "test", "model", "snapshot"):
            slot = f"m|{file.kind}|{file.path}|{file.sha}"
            kept = self.memo.get(slot)
            if kept is None:
                text = self.text(file)
                kept = ()
                if file.kind == "macro" or "{% macro" in text or "{%- macro" in text:
                    kept = (read_macros(file.path, text),)
                self.memo[slot] = kept
            found += kept
        return [macro for macro in found if macro.names]

    def _dialect(self, project: Project) -> str:
        if self.settings.dialect:
            return self.settings.dialect
        for path in sorted(self.tree.entries):
            if posixpath.basename(path) == "profiles.yml" and path.startswith(project.root):
                match = re.search(
                    r"(?m)(?:^|[{,])\s*type:\s*['\"]?(\w+)", self.tree.text(path) or ""
                )
                if match and match[1] in dialects.SUPPORTED:
                    return match[1]
        files = project.of_kind("model")
        step = max(1, len(files) // 300)
        chosen = files[::step]
        configured = ""
        for name in ("dbt_project.yml", "dbt_project.yaml"):
            path = posixpath.join(project.root, name)
            if path in self.tree.entries:
                configured = configured or self.tree.text(path) or ""
        basis = configured + "".join(file.sha for file in chosen)
        slot = "d|" + hashlib.sha256(basis.encode()).hexdigest()
        kept = self.memo.get(slot)
        if kept is None:
            texts = (*(self.text(file) for file in chosen), configured)
            profile = str(project.settings.get("profile") or "")
            kept = self.memo[slot] = dialects.infer(texts, profile)
        return str(kept)

    def _add_model(self, space: Space, file: File) -> None:
        name = file.name
        if file.kind == "snapshot":
            written = self.text(file) if file.path.endswith(".sql") else ""
            blocks = SNAPSHOT_TEXT.findall(COMMENT.sub("", written))
            if len(blocks) > 1:
                # Several in one file: their names are known, their columns are not.
                for block in blocks:
                    self._add_model(space, File(file.path, "python", block, file.sha))
                return
            name = blocks[0] if blocks else file.name
        if file.kind == "python" and file.path.endswith(".sql"):
            name = file.name
        if file.kind == "model":
            slot = f"k|{file.sha}"
            is_macro = self.memo.get(slot)
            if is_macro is None:
                is_macro = self.memo[slot] = holds_only_macros(self.text(file))
            if is_macro:
                return
        doc = space.docs.models.get(name)
        if doc is None and (match := VERSIONED.match(name)):
            doc = space.docs.models.get(match["name"])
            doc = doc if doc is not None and doc.versions else None
        config = configuration.resolve(space.project, file, doc)
        text = self.text(file) if config.get("enabled") is False else ""
        model = Model(
            id=f"{file.kind}:{space.project.name}.{name}",
            name=name,
            kind=file.kind,
            file=file,
            project=space.project,
            doc=doc,
            layer=layer_of(file.path, name, self.settings.layers),
            is_enabled=configuration.is_enabled(config, text),
            config=config,
        )
        rival = space.models.get(name)
        if rival is not None and rival.is_enabled != model.is_enabled:
            # dbt looks at the enabled one only.
            if not model.is_enabled:
                return
            del space.models[name]
        if name in space.models:
            self.ledger.add(file.path, f"a second model named {name}", stage="project")
            space.doubles.append((name, space.models[name].file.path, file.path))
            return
        space.models[name] = model
        self.models[model.id] = model

    # -- names -----------------------------------------------------------------------------

    def space_of(self, model: Model) -> Space:
        """The project a model lies in."""
        if not self._owners:
            self._owners = {id(space.project): space for space in self.spaces}
        return self._owners[id(model.project)]

    def find(self, space: Space, name: RelationName) -> Model | None:
        """The model a ref means, looking in its own project first."""
        ordered = [space, *(other for other in self.spaces if other is not space)]
        if name.package is not None:
            ordered = [other for other in ordered if other.project.name == name.package]
        for candidate in ordered:
            found = by_name(candidate, name.name)
            if found is not None:
                return found
        return None

    def _is_reachable(self, space: Space, model: Model, name: RelationName) -> bool:
        """False where a project without that model may mean one that is not in this tree."""
        other = model.project
        return (
            other is space.project
            or name.package is not None
            or (other.name in space.project.packages)
        )

    def source(self, space: Space, name: RelationName) -> NodeDoc | None:
        """The YAML entry of a source table."""
        ordered = [space, *(other for other in self.spaces if other is not space)]
        for candidate in ordered:
            found = candidate.docs.sources.get((str(name.package), name.name))
            if found is not None:
                return found
        for candidate in ordered:
            for (source, table), node in candidate.docs.sources.items():
                if source == name.package and table.lower() == name.name.lower():
                    return node
        return None

    # -- facts -----------------------------------------------------------------------------

    def lookup(self, space: Space, name: RelationName) -> Relation:
        """The relation a ref or source stands for."""
        if name.kind == "source":
            doc = self.source(space, name)
            if doc is None:
                return open_relation(name.label)
            id = f"source:{name.package}.{name.name}"
            return facting.source_relation(id, doc, space.dialect)
        if name.kind == "this":
            return open_relation("this")
        model = self.find(space, name)
        if model is None or not self._is_reachable(space, model, name):
            return open_relation(name.label)
        if model.id in self._busy and model.id not in self._facts:
            # Models that read each other: what is known must not depend on who asks.
            self._unanswered += 1
            return open_relation(name.label)
        kept = self._outputs.get(model.id)
        if kept is None:
            kept = self._outputs[model.id] = self.facts(model).relation.with_id(model.id)
        return kept

    def _seen_from(self, model: Model, space: Space, name: RelationName) -> Relation:
        """The relation a name in a model stands for; of itself a model knows nothing."""
        if name.kind == "ref" and name.name == model.name and self.find(space, name) is model:
            return open_relation(name.label)
        return self.lookup(space, name)

    def facts(self, model: Model) -> ModelFacts:
        """What is known of a model; upstream first, without deep recursion."""
        done = self._facts.get(model.id)
        if done is not None:
            return done
        stack = [model]
        while stack:
            current = stack[-1]
            if current.id in self._facts:
                stack.pop()
                continue
            self._busy.add(current.id)
            waiting = [
                upstream
                for upstream in self.upstream(current)
                if upstream.id not in self._facts and upstream.id not in self._busy
            ]
            if waiting:
                stack.extend(waiting)
                continue
            self._facts[current.id] = self._make(current)
            self._busy.discard(current.id)
            stack.pop()
        return self._facts[model.id]

    def upstream(self, model: Model) -> list[Model]:
        """The models a model reads, in order of mention."""
        kept = self._upstream.get(model.id)
        if kept is not None:
            return kept
        space = self.space_of(model)
        found: dict[str, Model] = {}
        for name in self.calls(model):
            if name.kind == "ref":
                target = self.find(space, name)
                if target is not None and target.id != model.id:
                    found.setdefault(target.id, target)
        self._upstream[model.id] = list(found.values())
        return self._upstream[model.id]

    def calls(self, model: Model) -> tuple[RelationName, ...]:
        """Every ref and source a model names in any variant."""
        if model.kind in ("seed", "python"):
            return ()
        return self._record(model)[0]

    def macros(self, model: Model) -> frozenset[str]:
        """The files of the macros that a model calls."""
        return frozenset(self._record(model)[1] if model.kind not in ("seed", "python") else ())

    def key(self, model: Model) -> str:
        """A digest of everything the facts and findings of a model depend on."""
        self.facts(model)
        return self._keys[model.id]

    def _record(self, model: Model) -> tuple[tuple[RelationName, ...], tuple[str, ...]]:
        """(calls, macro files used): from the memo when neither text nor macros changed."""
        done = self._records.get(model.id)
        if done is None:
            done = self._records[model.id] = self._read_record(model)
        return done

    def _read_record(self, model: Model) -> tuple[tuple[RelationName, ...], tuple[str, ...]]:
        kept = self._kept_record(model)
        if kept is not None:
            return kept
        variants = self._render(model)
        calls: tuple[RelationName, ...] = ()
        macros_used: set[str] = set()
        if isinstance(variants, RenderFailure):
            # Any macro may be what it failed for.
            macros_used = {file.path for file in self.space_of(model).renderer.every_file()}
        else:
            ordered: dict[RelationName, None] = {}
            for variant in variants:
                ordered.update(dict.fromkeys(variant.calls))
                macros_used |= variant.macros
            calls = tuple(ordered)
        pairs = tuple((path, self._sha(path)) for path in sorted(macros_used))
        self.memo[self._record_slot(model)] = (calls, pairs)
        return calls, tuple(path for path, _ in pairs)

    def _record_slot(self, model: Model) -> str:
        return f"r|{self.space_of(model).digest}|{model.name}|{model.file.sha}"

    def _kept_record(self, model: Model) -> tuple[tuple[RelationName, ...], tuple[str, ...]] | None:
        """The record that the memo holds, if it still holds."""
        done = self._records.get(model.id)
        if done is not None:
            return done
        kept = self.memo.get(self._record_slot(model))
        if kept is None:
            return None
        calls, macros = kept
        if any(self._sha(path) != sha for path, sha in macros):
            return None
        done = self._records[model.id] = calls, tuple(path for path, _ in macros)
        return done

    def _sha(self, path: str) -> str:
        entry = self.tree.entries.get(path)
        return entry.sha if entry is not None else ""

    def _render(self, model: Model) -> list[Rendered] | RenderFailure:
        kept = self._rendered.get(model.id)
        if kept is None:
            space = self.space_of(model)
            kept = space.renderer.render(model.file.path, model.name, self.text(model.file))
            self._rendered[model.id] = kept
        return kept

    def _key(self, model: Model) -> str:
        """The key of a model whose upstream is known."""
        upstream = ",".join(
            f"{target.id}={self._facts[target.id].digest}{'' if target.is_enabled else ' off'}"
            for target in self.upstream(model)
            if target.id in self._facts
        )
        space = self.space_of(model)
        macros = ""
        sources = ""
        if model.kind not in ("seed", "python"):
            calls, used = self._record(model)
            macros = ",".join(f"{path}={self._sha(path)}" for path in used)
            sources = ",".join(
                self._doc_digest(self.source(space, c)) for c in calls if c.kind == "source"
            )
            missing = [c.label for c in calls if c.kind == "ref" and self.find(space, c) is None]
            sources += repr(missing)
        doc = self._doc_digest(model.doc)
        basis = "|".join(
            (
                space.digest,
                model.id,
                model.file.path,
                model.file.sha,
                macros,
                upstream,
                doc,
                configuration.digest(model.config),
                sources,
            )
        )
        return hashlib.sha256(basis.encode()).hexdigest()

    def _make(self, model: Model) -> ModelFacts:
        key = self._keys.get(model.id)
        if key is None:
            key = self._keys[model.id] = self._key(model)
        kept = self.memo.get("f|" + key)
        if isinstance(kept, ModelFacts):
            return kept
        trouble = ""
        try:
            relation = self._relation(model)
        except Exception as error:
            trouble = f"{type(error).__name__}: {error}"
            relation = open_relation("not analysed")
        relation = replace(relation, id=model.id)
        made = ModelFacts(
            model.id,
            relation,
            facting.digest_of(relation),
            self.calls(model),
            relation.reason,
            self._literals.get(model.id, ()),
            trouble,
            self._joins.get(model.id, ()),
            self._reads.get(model.id, ()),
        )
        self.memo["f|" + key] = made
        return made

    def _doc_digest(self, doc: NodeDoc | None) -> str:
        if doc is None:
            return ""
        slot = id(doc)
        if slot not in self._digests:
            self._digests[slot] = facting.doc_digest(doc)
        return self._digests[slot]

    def _relation(self, model: Model) -> Relation:
        if model.kind == "seed":
            rows = list(csv.reader(io.StringIO(self.text(model.file)[:200_000])))
            header = rows[0] if rows else []
            is_whole = len(self.text(model.file)) < 200_000 and len(rows) <= 2000
            return facting.seed_relation(model.id, header, rows[1:2000], model.doc, is_whole)
        if model.kind == "python":
            return facting.python_relation(model.id)
        analysis = self.analyse(model)
        self._literals[model.id] = literals(analysis)
        self._joins[model.id] = joins(analysis, self.space_of(model).dialect)
        self._reads[model.id] = reads(analysis)
        return analysis.relation

    def analyse(self, model: Model) -> Analysis:
        """Render, parse and resolve every variant of a model; the last ones are kept."""
        kept = self._analyses.get(model.id)
        if kept is None:
            before = self._unanswered
            kept = self._analyse(model)
            if self._unanswered > before:
                # Rules see what is known in the end, as they would with facts of earlier runs.
                return kept
            if len(self._analyses) >= KEPT_ANALYSES:
                self._analyses.pop(next(iter(self._analyses)))
            self._analyses[model.id] = kept
        return kept

    def _analyse(self, model: Model) -> Analysis:
        space = self.space_of(model)
        source = self.text(model.file)
        rendered = self._render(model)
        if isinstance(rendered, RenderFailure):
            return Analysis(model, source, [], rendered, open_relation("not rendered"))
        variants: list[Variant] = []
        relations: list[Relation] = []
        for one in rendered:
            parsed = parse(one.text, space.dialect, changes_the_syntax(one.text, one.unknowns))
            resolution = None
            if parsed.tree is not None:
                dialect = space.dialect or parsed.dialect
                resolver = Resolver(
                    dialect,
                    lambda name: self._seen_from(model, space, name),
                    one.relations,
                    one.stars,
                    parsed.is_patched,
                )
                resolution = resolver.resolve(parsed.tree)
                relations.append(resolution.output)
            variants.append(Variant(one, parsed, resolution))
        if len(relations) == len(variants) and relations:
            relation = facting.merge_variants(relations)
        else:
            relation = open_relation("not parsed")
        if model.kind == "snapshot":
            extra = tuple(Column(name, name) for name in facting.SNAPSHOT_COLUMNS)
            relation = replace(
                relation,
                columns=relation.columns + extra,
                is_complete=False,
                reason="a snapshot",
                keys=facting.version_keys(relation, model.configured(variants)),
            )
        return Analysis(model, source, variants, None, facting.decorate(relation, model.doc))

    # -- walking ---------------------------------------------------------------------------

    def note_troubles(self) -> None:
        """Name the models whose facts could not be made."""
        for model in self.models.values():
            facts = self._facts.get(model.id)
            if facts is not None and facts.trouble:
                self.ledger.add(model.file.path, facts.trouble, stage="facts")

    def unknown(self) -> dict[str, set[str]]:
        """SQL models whose facts no earlier run left, with those of them that each reads first.

        What a model reads is what earlier runs saw, else what its text seems to say: good enough
        to put work in order, and for nothing else.
        """
        found: dict[str, set[str]] = {}
        for model in self.in_probable_order():
            before = {up.id for up in self._expected(model) if up.id not in self._facts}
            if not before and self._is_kept(model):
                self.facts(model)
            else:
                found[model.id] = before
        return found

    def _is_kept(self, model: Model) -> bool:
        if model.kind in ("seed", "python"):
            return True
        if self._kept_record(model) is None:
            return False
        key = self._keys[model.id] = self._key(model)
        return "f|" + key in self.memo

    def _expected(self, model: Model) -> list[Model]:
        """The models that a model reads, without rendering it."""
        if model.kind in ("seed", "python") or self._kept_record(model) is not None:
            return self.upstream(model)
        kept = self._guesses.get(model.id)
        if kept is None:
            space = self.space_of(model)
            names = (
                RelationName("ref", match["a"] if match["b"] else None, match["b"] or match["a"])
                for match in REF_TEXT.finditer(self.text(model.file))
            )
            found = [self.find(space, name) for name in names]
            kept = [one for one in found if one is not None and one is not model]
            self._guesses[model.id] = kept
        return kept

    def in_order(self) -> list[Model]:
        """Every model, each after the ones it reads."""
        return self._ordered(self.upstream)

    def in_probable_order(self) -> list[Model]:
        """Every model, each after the ones it seems to read; nothing is rendered."""
        return self._ordered(self._expected)

    def _ordered(self, upstream: Callable[[Model], list[Model]]) -> list[Model]:
        done: set[str] = set()
        busy: set[str] = set()
        ordered: list[Model] = []
        for id in sorted(self.models):
            stack = [self.models[id]]
            while stack:
                model = stack[-1]
                busy.add(model.id)
                waiting = [up for up in upstream(model) if up.id not in done and up.id not in busy]
                if waiting:
                    stack.extend(waiting)
                    continue
                stack.pop()
                if model.id not in done:
                    done.add(model.id)
                    ordered.append(model)
        return ordered

    def sql_models(self) -> Iterator[Model]:
        """Models and snapshots written in SQL, in order of id."""
        for id in sorted(self.models):
            if self.models[id].kind in ("model", "snapshot"):
                yield self.models[id]


__all__ = ["Analysis", "Model", "Snapshot", "Space", "Variant"]
