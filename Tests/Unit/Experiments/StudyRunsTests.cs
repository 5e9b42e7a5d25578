using System.Globalization;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Studies;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Experiments;

/// <summary>The runs that a study's file stands for.</summary>
public sealed class StudyRunsTests
{
    private readonly StudyTexts _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void A_grid_is_every_combination_in_each_repetition_with_its_own_seeds()
    {
        Study study = _folder.Read(
            """
            name: small
            run: {epochs: 2, seed: 7, threads: 1}
            nodes: {count: 5}
            sweep:
              grid:
                partition: ["dirichlet:0.1", iid]
                algorithm: [tl, fedavg]
            repetitions: 2
            """);
        Assert.That(study.Name, Is.EqualTo("small"));
        Assert.That(study.Runs.Select(r => r.Name), Is.EqualTo((string[])
        [
            "tl-dirichlet-0.1-seed-7", "fedavg-dirichlet-0.1-seed-7", "tl-iid-seed-7", "fedavg-iid-seed-7",
            "tl-dirichlet-0.1-seed-8", "fedavg-dirichlet-0.1-seed-8", "tl-iid-seed-8", "fedavg-iid-seed-8",
        ]));
        StudyRun last = study.Runs[^1];
        Assert.That(string.Join(' ', last.Arguments), Is.EqualTo("--algorithm fedavg --epochs 2 --num_nodes 5 --partition iid --partition_seed 2 --seed 8 --threads 1"));
        Assert.That(last.Repetition, Is.EqualTo(2));
        Assert.That(last.Settings, Is.EqualTo(new Dictionary<string, string>(StringComparer.Ordinal) { ["algorithm"] = "fedavg", ["partition"] = "iid" }));
        Assert.That((last.Hosting, study.Halving, study.LeftOut), Is.EqualTo((NodeHosting.Virtual, (HalvingSettings?)null, 0)));
    }

    [Test]
    public void An_algorithm_does_not_get_what_it_does_not_take_and_is_not_run_twice_for_it()
    {
        Study study = _folder.Read(
            """
            run: {aggregator: uniform}
            sweep:
              grid:
                algorithm: [tl, fedavg, "gossip"]
                local_epochs: [1, 5]
            repetitions: 3
            """);
        Assert.That(study.Runs.Take(5).Select(r => r.Name), Is.EqualTo((string[])
            ["tl-seed-1", "fedavg-local-epochs-1-seed-1", "fedavg-local-epochs-5-seed-1", "gossip-local-epochs-1-seed-1", "gossip-local-epochs-5-seed-1"]));
        Assert.That((study.Runs.Count, study.LeftOut), Is.EqualTo((15, 3)));
        Assert.That(study.Runs[0].Settings["local_epochs"], Is.Empty);
        Assert.That(study.Runs.Where(r => r.Arguments.Contains("--aggregator", StringComparer.Ordinal)).Select(r => r.Settings["algorithm"]).Distinct(StringComparer.Ordinal), Is.EqualTo((string[])["fedavg"]));
    }

    [Test]
    public void Samples_are_drawn_from_one_seed_within_their_bounds_and_combine_with_the_grid()
    {
        const string Text =
            """
            sweep:
              grid: {optimizer: [sgd, adam]}
              loguniform: {lr: [0.001, 0.1]}
              uniform: {weight_decay: [0.25, 0.5]}
              int: {batch_size: [16, 18]}
              choice: {model: [mlp, lenet5]}
              num_samples: 30
              seed: SEED
            """;
        Study study = Read("4");
        Assert.That(study.Runs, Has.Count.EqualTo(60));
        Assert.That(study.Runs.Take(30).Select(r => r.Settings["optimizer"]), Is.All.EqualTo("sgd"));
        Assert.That(study.Runs.Take(30).Select(r => r.Settings["lr"]), Is.EqualTo(study.Runs.Skip(30).Select(r => r.Settings["lr"])), "each point of the grid with the same samples");
        double[] rates = Numbers("lr");
        Assert.That(rates, Is.All.InRange(0.001, 0.1));
        Assert.That(rates.Count(r => r < 0.01), Is.InRange(10, 50), "as many below as above the middle of the exponents");
        Assert.That(Numbers("weight_decay"), Is.All.InRange(0.25, 0.5));
        Assert.That(Numbers("batch_size").Distinct().Order(), Is.EqualTo((double[])[16, 17, 18]));
        Assert.That(study.Runs.Select(r => r.Settings["model"]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), Is.EqualTo((string[])["lenet5", "mlp"]));
        Assert.That(study.Runs.Select(r => r.Name), Is.Unique);
        Assert.That(Names(Read("4")), Is.EqualTo(Names(study)));
        Assert.That(Names(Read("5")), Is.Not.EqualTo(Names(study)));

        // For good: whoever reads the file in a year gets the same runs.
        Assert.That(study.Runs[0].Name, Is.EqualTo("sgd-batch-size-16-lr-0.06654-mlp-weight-decay-0.4944-seed-1"));

        Study Read(string seed) => _folder.Read(Text.Replace("SEED", seed, StringComparison.Ordinal));
        double[] Numbers(string key) => [.. study.Runs.Select(r => double.Parse(r.Settings[key], CultureInfo.InvariantCulture))];
        static IEnumerable<string> Names(Study study) => study.Runs.Select(r => r.Name);
    }

    [Test]
    public void The_order_in_which_draws_are_written_changes_no_value()
    {
        Study one = _folder.Read("sweep: {uniform: {lr: [0.1, 0.2], weight_decay: [0.1, 0.2]}, num_samples: 3}\n");
        Study other = _folder.Read("sweep: {num_samples: 3, uniform: {weight_decay: [0.1, 0.2], lr: [0.1, 0.2]}}\n");
        Assert.That(other.Runs.Select(r => string.Join(' ', r.Arguments)), Is.EqualTo(one.Runs.Select(r => string.Join(' ', r.Arguments))));
    }

    [Test]
    public void Every_value_reaches_the_flag_as_the_command_line_writes_it()
    {
        Study study = _folder.Read(
            """
            run:
              algorithm: fedavg
              epochs: &n 8
              keep-checkpoints: *n
              lr: 0.10
              optimizer: sgd
              momentum: 0.9
              nesterov: true
              no-accel: false
              schedule: multistep
              milestones: [3, 6]
              checksums: off
              threads: 2
            nodes:
              count: 4
              groups: {fast: [1, 2], slow: [3, 4]}
              hosting: processes
            stop: {patience: 3}
            """);
        StudyRun run = study.Runs.Single();
        Assert.That(string.Join('|', run.Arguments), Is.EqualTo(
            "--algorithm|fedavg|--checksums|off|--early_stopping|3|--epochs|8|--groups|{fast: [1, 2], slow: [3, 4]}|--keep_checkpoints|8|--lr|0.10|--milestones|3,6"
            + "|--momentum|0.9|--nesterov|--no-accel=false|--num_nodes|4|--optimizer|sgd|--partition_seed|1|--schedule|multistep|--seed|1|--threads|2"));
        Assert.That((run.Name, run.Hosting, study.Name), Is.EqualTo(("seed-1", NodeHosting.Processes, "study")));
    }

    [Test]
    public void Rules_that_end_runs_and_devices_that_come_and_go_are_flags_of_every_run_that_takes_them()
    {
        Study study = _folder.Read(
            """
            run: {on_node_loss: skip}
            sweep: {grid: {algorithm: [centralized, tl, fedavg, gossip]}}
            stop: {rounds: 100, accuracy: 0.9, loss: 0.1, seconds: 60, bytes: 1e9, patience: 2}
            nodes:
              groups: {slow: [2, 3]}
              availability: {slow: {p_available: 0.8, p_fail: 0.1, delay_ms: 50}, 1: {p_fail: 0.5}}
            """);
        Assert.That(study.Runs.Select(r => r.Settings["algorithm"]), Is.EqualTo((string[])["centralized", "tl", "fedavg", "gossip"]));
        Assert.That(study.Runs.Select(r => r.Arguments.Contains("{slow: [p_available=0.8, p_fail=0.1, delay_ms=50], 1: [p_fail=0.5]}", StringComparer.Ordinal)), Is.EqualTo((bool[])[false, true, true, false]));
        Assert.That(study.Runs.Select(r => r.Arguments.Contains("{slow: [2, 3]}", StringComparer.Ordinal)), Is.EqualTo((bool[])[false, true, true, true]), "who takes availability takes its groups");
        Assert.That(study.Runs.Select(r => string.Join(' ', r.Arguments)), Is.All.Contain("--early_stopping 2").And.All.Contain(
            "--stop_accuracy 0.9 --stop_bytes 1e9 --stop_loss 0.1 --stop_rounds 100 --stop_seconds 60"));
        foreach (StudyRun run in study.Runs)
        {
            Assert.That(_folder.Read(run.Configuration).Runs.Single().Arguments, Is.EqualTo(run.Arguments));
        }
    }

    [Test]
    public void Nodes_on_other_hosts_come_with_where_to_listen()
    {
        StudyRun run = _folder.Read("run: {insecure: true}\nnodes: {hosting: hosts, host: 0.0.0.0, port: 9000}\n").Runs.Single();
        Assert.That(run.Hosting, Is.EqualTo(NodeHosting.Hosts));
        Assert.That(string.Join(' ', run.Arguments), Does.Contain("--host 0.0.0.0 --insecure").And.Contain("--port 9000"));
    }

    [Test]
    public void A_file_holds_over_those_that_it_includes_and_the_later_of_them_over_the_earlier()
    {
        _folder.Write("deep/one.yaml", "include: ../two.yaml\nrun: {epochs: 1, batch_size: 10}\nsweep: {grid: {lr: [0.1, 0.2]}}\n");
        _folder.Write("two.yaml", "run: {epochs: 9, lr: 3, seed: 5}\nrepetitions: 4\n");
        _folder.Write("three.yaml", "run: {batch_size: 30, dtype: float64}\n");
        Study study = _folder.Read("include: [deep/one.yaml, three.yaml]\nrun: {dtype: ~, epochs: 2}\nrepetitions: 1\n");
        Assert.That(study.Runs.Select(r => r.Name), Is.EqualTo((string[])["lr-0.1-seed-5", "lr-0.2-seed-5"]));
        Assert.That(string.Join(' ', study.Runs[0].Arguments), Does.StartWith("--algorithm tl --batch_size 30 --epochs 2 --lr 0.1 --partition_seed 1 --seed 5 --threads"));
    }

    [Test]
    public void Threads_are_shared_by_nodes_and_workers()
    {
        Assert.That(ThreadsOf(_folder.Read("nodes: {count: 1}\n")), Is.EqualTo(Math.Max(1, Environment.ProcessorCount / 2)));
        Assert.That(ThreadsOf(_folder.Read("nodes: {count: 1}\n", workers: 1000)), Is.EqualTo(1));
        Assert.That(ThreadsOf(_folder.Read("run: {threads: 7}\n", workers: 1000)), Is.EqualTo(7));

        // On a machine with cores to share.
        Study nodes = _folder.Read("sweep: {grid: {num_nodes: [1, 31]}}\n");
        Assert.That(nodes.Runs.Select(r => r.Arguments[^1]), Is.All.EqualTo($"{Math.Max(1, Environment.ProcessorCount / 32)}"));

        static int ThreadsOf(Study study) =>
            int.Parse(study.Runs[0].Arguments.SkipWhile(a => a != "--threads").ElementAt(1), CultureInfo.InvariantCulture);
    }

    [TestCase("scheduler: none\n", null)]
    [TestCase("scheduler: asha\n", "HalvingSettings { FirstRung = 1, Factor = 3, Measure = accuracy }")]
    [TestCase("scheduler: {asha: {first_rung: 2, factor: 4, measure: loss}}\n", "HalvingSettings { FirstRung = 2, Factor = 4, Measure = loss }")]
    public void Bad_trials_are_stopped_as_the_file_says(string text, string? expected) =>
        Assert.That(_folder.Read(text).Halving?.ToString(), Is.EqualTo(expected));

    [Test]
    public void Names_are_fit_for_folders_and_all_different()
    {
        Study study = _folder.Read("sweep: {grid: {dataset: [../data/a, data_a, 'data a', DATA-A], nesterov: [false]}}\nrun: {lr: 1}\n");
        Assert.That(study.Runs.Select(r => r.Name), Is.EqualTo((string[])
            ["dataset-..-data-a-no-nesterov-seed-1", "data-a-no-nesterov-seed-1", "data-a-no-nesterov-seed-1-2", "DATA-A-no-nesterov-seed-1-3"]));
    }

    [Test]
    public void The_configuration_of_a_run_is_a_study_of_that_run_alone()
    {
        Study study = _folder.Read(
            """
            run: {optimizer: sgd, momentum: 0.9, nesterov: true, no-accel: false, insecure: true, class_weights: [1, 2, 3, 4, 5, 6, 7, 8, 9, 0.5]}
            nodes: {count: 4, hosting: hosts, host: 0.0.0.0, groups: {fast: [1, 2]}}
            sweep:
              grid: {algorithm: [centralized, tl, "fedprox:0.01"], partition: ["dirichlet:0.1", iid]}
              loguniform: {lr: [0.001, 1]}
              num_samples: 3
            repetitions: 2
            """,
            workers: 3);
        Assert.That(study.Runs, Has.Count.EqualTo(36));
        foreach (StudyRun run in study.Runs)
        {
            StudyRun again = _folder.Read(run.Configuration).Runs.Single();
            Assert.That(again.Arguments, Is.EqualTo(run.Arguments));
            Assert.That(again.Hosting, Is.EqualTo(run.Hosting));
            Assert.That(_folder.Read(run.Configuration).Name, Is.EqualTo(run.Name));
        }
    }
}
