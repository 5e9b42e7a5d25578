using System.Text;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Experiments;

/// <summary>Whatever is wrong with a study's file, its author is told the file, the line, the key, and what would be right.</summary>
public sealed class StudyErrorTests
{
    private readonly StudyTexts _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    private static IEnumerable<TestCaseData> WrongFiles() =>
    [
        // Keys.
        Wrong("runs:\n  epochs: 1\n", "study.yaml:1: runs: there is no such key; did you mean 'run'?"),
        Wrong("run:\n  epochs: 1\ncolour: red\n", "study.yaml:3: colour: there is no such key; there are name, run, sweep,"),
        Wrong("run:\n  epochs: 1\n  batchsize: 2\n", "study.yaml:3: run.batchsize: a run has no such option; did you mean 'batch_size'?"),
        Wrong("run:\n  cheese: 1\n", "study.yaml:2: run.cheese: a run has no such option;"),
        Wrong("run:\n  epochs: 1\n\n  epochs: 2\n", "study.yaml:4: epochs: stands twice; it is in line 2 too"),
        Wrong("run:\n  batch_size: 1\n  batch-size: 2\n", "study.yaml:3: run.batch-size: is the same option as run.batch_size in "),
        Wrong("run:\n  num_nodes: 1\nnodes:\n  count: 2\n", "study.yaml:4: nodes.count: is the same option as run.num_nodes in "),
        Wrong("run:\n  output: x\n", "study.yaml:2: run.output: a study has a folder for each run in its own"),
        Wrong("run:\n  resume: latest\n", "study.yaml:2: run.resume: a study goes on by 'experiment --resume'"),
        Wrong("run:\n  port: 1\n", "study.yaml:2: run.port: only nodes on other hosts need it"),
        Wrong("run:\n  help: true\n", "study.yaml:2: run.help: a run has no such option"),
        Wrong("sweep:\n  grid:\n    output: [a, b]\n", "study.yaml:3: sweep.grid.output: a study has a folder for each run"),
        Wrong("sweep:\n  grids:\n    lr: [1]\n", "study.yaml:2: sweep.grids: there is no such key; did you mean 'grid'?"),
        Wrong("stop:\n  patients: 3\n", "study.yaml:2: stop.patients: there is no such key; did you mean 'patience'?"),
        Wrong("nodes:\n  hostng: processes\n", "study.yaml:2: nodes.hostng: there is no such key; did you mean 'hosting'?"),

        // Types.
        Wrong("- run\n", "study.yaml:1: is a list; a study is a mapping"),
        Wrong("hello\n", "study.yaml:1: is 'hello'; a study is a mapping"),
        Wrong("run: 3\n", "study.yaml:1: run: takes a mapping, keys and values under it, not '3'"),
        Wrong("run:\n", "study.yaml:1: run: takes a mapping, keys and values under it, not nothing"),
        Wrong("name: [a]\n", "study.yaml:1: name: takes a text, not a list"),
        Wrong("run:\n  epochs:\n", "study.yaml:2: run.epochs: has no value"),
        Wrong("run:\n  epochs: {a: [1]}\n", "study.yaml:2: run.epochs: takes a whole number of at least 1, not '{a: [1]}'"),
        Wrong("run:\n  groups: {a: 1}\n", "study.yaml:2: run.groups.a: takes a list, such as [1, 2], not '1'"),
        Wrong("run:\n  milestones: [[3]]\n", "study.yaml:2: run.milestones: takes one value here, not a list"),
        Wrong("run:\n  nesterov: yes\n", "study.yaml:2: run.nesterov: takes true or false, not 'yes'"),
        Wrong("sweep:\n  grid:\n    lr: 0.1\n", "study.yaml:3: sweep.grid.lr: takes a list of values, such as [a, b], not '0.1'"),
        Wrong("sweep:\n  grid:\n    lr: []\n", "study.yaml:3: sweep.grid.lr: takes a list of values"),

        // Values.
        Wrong("run:\n  epochs: many\n", "study.yaml:2: run.epochs: takes a whole number of at least 1, not 'many'"),
        Wrong("run:\n  optimizer: Adam\n", "study.yaml:2: run.optimizer: takes one of adadelta|sgd|adam|adamw, not 'Adam'"),
        Wrong("run:\n  algorithm: fedprox\n", "study.yaml:2: run.algorithm: takes fedprox:μ with "),
        Wrong("sweep:\n  grid:\n    threads: [1, 2]\n", "study.yaml:2: sweep: all runs of a study have one number of threads"),
        Wrong("run:\n  threads: auto\n", "study.yaml:2: run.threads: takes a whole number from 0 to 1024, not 'auto'"),
        Wrong("run:\n  cut: auto\n", "study.yaml:2: run.cut: a study takes one that is named, not auto"),
        Wrong("repetitions: 0\n", "study.yaml:1: repetitions: takes a whole number from 1 to 10000, not '0'"),
        Wrong("repetitions: 2\nrun:\n  seed: 18446744073709551615\n", "study.yaml:3: run.seed: 18446744073709551615 is too large a seed for 2 repetitions"),
        Wrong("run:\n  epochs: 2\n  momentum: 0.5\n", "study.yaml:3: run.momentum: --momentum and --nesterov belong to --optimizer sgd"),
        Wrong("run:\n  model: alexnet\n  epochs: 2\n", "study.yaml:2: run.model: "),
        Wrong("run:\n  algorithm: tl\n  local_epochs: 2\n", "study.yaml:3: run.local_epochs: no algorithm of this study takes it"),
        Wrong("run:\n  algorithm: fedavg\nnodes:\n  groups: {fast: [1, 9]}\n", "study.yaml:4: nodes.groups: --groups:1: '9' is no node: ids are from 1 to 3"),
        Wrong("nodes:\n  hosting: clouds\n", "study.yaml:2: nodes.hosting: takes one of virtual, processes, hosts, not 'clouds'"),
        Wrong("nodes:\n  host: 10.0.0.1\n", "study.yaml:2: nodes.host: belongs to 'hosting: hosts', not to 'hosting: virtual'"),
        Wrong("nodes:\n  hosting: hosts\n", "study.yaml:2: nodes.host: is missing"),
        Wrong("run: {dataset: none}\n", "run.dataset: nodes that are started with a run take their part of --dataset, which is none; name a data set, or have nodes come by 'hosting: hosts'"),
        Wrong("nodes:\n  hosting: hosts\n  host: 0.0.0.0\n", "study.yaml:3: nodes.host: --host 0.0.0.0 lets other machines connect"),
        Wrong("nodes:\n  availability: {all: {p_available: 0.5}}\n", "study.yaml:2: nodes.availability: --availability: rows of nodes that are away or fail are left out, as --on_node_loss skip"),
        Wrong("run: {on_node_loss: skip}\nnodes:\n  availability: {all: {p_there: 0.5}}\n", "study.yaml:3: nodes.availability: --availability:1: 'p_there=0.5' is none of p_available=x"),
        Wrong("stop: {accuracy: 90}\n", "study.yaml:1: stop.accuracy: takes a number from 0 to 1, not '90'"),

        // Sweeps.
        Wrong("sweep:\n  grid:\n    lr: [0.1, fast]\n", "study.yaml:3: sweep.grid.lr: takes a number of at least 0, not 'fast'"),
        Wrong("sweep:\n  grid:\n    lr:\n      - 0.1\n      - 0.1\n", "study.yaml:5: sweep.grid.lr: has '0.1' twice"),
        Wrong("sweep:\n  grid:\n    lr: [0.1]\n  choice:\n    lr: [0.2]\n  num_samples: 2\n", "study.yaml:5: sweep.choice.lr: is swept already"),
        Wrong("sweep:\n  uniform:\n    lr: [0.1, 0.2]\n", "study.yaml:2: sweep.num_samples: is missing"),
        Wrong("sweep:\n  grid:\n    lr: [0.1]\n  num_samples: 3\n", "study.yaml:4: sweep.num_samples: belongs to choice, uniform, loguniform, int"),
        Wrong("sweep:\n  num_samples: 3\n  uniform:\n    lr: [0.2, 0.1]\n", "study.yaml:4: sweep.uniform.lr: takes the smaller number first, not [0.2, 0.1]"),
        Wrong("sweep:\n  num_samples: 3\n  uniform:\n    lr: [0.2]\n", "study.yaml:4: sweep.uniform.lr: takes two numbers, the least and the most"),
        Wrong("sweep:\n  num_samples: 3\n  loguniform:\n    lr: [0, 0.1]\n", "study.yaml:4: sweep.loguniform.lr: takes numbers above 0"),
        Wrong("sweep:\n  num_samples: 3\n  int:\n    batch_size: [1.5, 2]\n", "study.yaml:4: sweep.int.batch_size: takes two whole numbers"),
        Wrong("sweep:\n  num_samples: 3\n  uniform:\n    epochs: [1, 2]\n", "study.yaml:4: sweep.uniform.epochs: takes a whole number of at least 1, not '1."),
        Wrong("repetitions: 2\nsweep:\n  grid:\n    seed: [1, 2]\n", "study.yaml:1: repetitions: every repetition has the next seed, which is swept already"),
        Wrong("sweep:\n  grid: {local_epochs: [1, 2]}\n", "study.yaml:2: sweep.grid.local_epochs: no algorithm of this study takes it"),
        Wrong("run: {momentum: 0.9}\nsweep:\n  grid: {optimizer: [sgd, adam]}\n", "study.yaml:1: run.momentum: with optimizer adam: --momentum and --nesterov belong"),
        Wrong("repetitions: 10000\nsweep:\n  grid: {lr: [0.1, 0.2]}\n", "study.yaml:3: sweep: 2 combinations, 10000 times each, are over 10000 runs"),

        // Schedulers.
        Wrong("scheduler: hyperband\n", "study.yaml:1: scheduler: takes one of none, asha, not 'hyperband'"),
        Wrong("scheduler: {asha: {factor: 1}}\n", "study.yaml:1: scheduler.asha.factor: takes a whole number from 2 to 1000, not '1'"),
        Wrong("scheduler: {asha: {measure: speed}}\n", "study.yaml:1: scheduler.asha.measure: takes one of accuracy, loss, not 'speed'"),

        // YAML.
        Wrong(string.Empty, "study.yaml:1: is empty"),
        Wrong("# nothing\n", "is empty"),
        Wrong("run:\n\tepochs: 1\n", "study.yaml:2: is no YAML: a line begins with blanks, not with a tab"),
        Wrong("run: [1, 2\n", "is no YAML: "),
        Wrong("run: {epochs: 1\nname: x\n", "is no YAML: "),
        Wrong("run:\n  epochs: 1\n name: x\n", "study.yaml:3: is no YAML: "),
        Wrong("name: a\n---\nname: b\n", "has a second document"),
        Wrong("run: *base\n", "study.yaml:1: "),
        Wrong("run: !!]\n", "is no YAML: "),
        Wrong("run: {? [a] : 1}\n", "a key is a text"),
    ];

    [TestCaseSource(nameof(WrongFiles))]
    public void Says_where_and_what_would_be_right(string text, string expected)
    {
        string message = _folder.Refuse(text);
        Assert.That(message, Does.Contain(expected).And.Not.Contain("\n"));
        Assert.That(message, Does.StartWith("study.yaml:"));
    }

    [Test]
    public void A_file_that_is_not_there_is_named() =>
        Assert.That(() => _folder.ReadFile("/nowhere/study.yaml"), Throws.Exception.With.Message.StartsWith("/nowhere/study.yaml: cannot be read"));

    [Test]
    public void An_error_in_an_included_file_names_that_file_and_its_line()
    {
        _folder.Write("parts/base.yaml", "# base\nrun:\n  epochs: none\n");
        Assert.That(_folder.Refuse("include: parts/base.yaml\n"), Does.StartWith("parts/base.yaml:3: run.epochs: takes a whole number"));
    }

    [Test]
    public void A_file_that_is_included_and_not_there_is_named_where_it_is_included() =>
        Assert.That(_folder.Refuse("name: x\ninclude:\n  - nothing.yaml\n"), Does.StartWith("study.yaml:3: include: ").And.Contain("nothing.yaml cannot be read"));

    [Test]
    public void What_to_include_is_a_name_or_several() =>
        Assert.That(_folder.Refuse("include: {a: b}\n"), Is.EqualTo("study.yaml:1: include: takes the name of a file, or a list of names, not a mapping"));

    [Test]
    public void Files_that_include_each_other_in_a_circle_are_refused_with_the_circle()
    {
        _folder.Write("a.yaml", "include: b.yaml\n");
        _folder.Write("b.yaml", "\ninclude: [a.yaml]\n");
        Assert.That(_folder.Refuse("include: a.yaml\n"), Is.EqualTo("b.yaml:2: include: the files include each other in a circle: a.yaml → b.yaml → a.yaml"));
    }

    [Test]
    public void Aliases_of_aliases_do_not_grow_without_bound()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 10; i++)
        {
            bomb.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        Assert.That(_folder.Refuse(bomb.ToString()), Does.StartWith("study.yaml:5: has over 100000 keys and values"));
    }

    [Test]
    public void Depth_and_length_are_bounded()
    {
        Assert.That(_folder.Refuse(new string('[', 10_000)), Does.Contain("nests deeper than 20 levels"));
        Assert.That(_folder.Refuse("name: " + new string('x', 1 << 20)), Does.Contain("is over 1 MiB"));
    }

    private static TestCaseData Wrong(string text, string expected) => new TestCaseData(text, expected).SetArgDisplayNames(expected);
}
