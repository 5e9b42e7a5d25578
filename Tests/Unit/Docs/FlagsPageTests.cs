using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Commands;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Docs;

/// <summary>A flag is declared once: help, <c>run.json</c>, checkpoints and the reference page follow.</summary>
public sealed class FlagsPageTests
{
    private const string Page = "docs/reference/flags.md";

    // What no flag says alone: it follows from others, or from the method.
    private static readonly string[] Derived =
    [
        nameof(RunOptions.Capability), nameof(RunOptions.IsDecentralized), nameof(RunOptions.ModelFromFile), nameof(RunOptions.SizedByData), nameof(RunOptions.AnyCut),
        nameof(RunOptions.AnyExchange), nameof(RunOptions.HasClasses), nameof(RunOptions.HasTestSet), nameof(RunOptions.Dealing), nameof(RunOptions.HandshakeTimeout),
    ];

    // Options of several flags, and those under another name.
    private static readonly Dictionary<string, string[]> Flags = new(StringComparer.Ordinal)
    {
        [nameof(RunOptions.Model)] = ["model", "activation"],
        [nameof(RunOptions.ElementType)] = ["dtype"],
        [nameof(RunOptions.Start)] = ["init", "init_partial"],
        [nameof(RunOptions.Augmentation)] = ["augment"],
        [nameof(RunOptions.NoAccelerator)] = ["no_accel"],
        [nameof(RunOptions.Optimizer)] =
            ["optimizer", "lr", "schedule", "gamma", "step_size", "milestones", "warmup_epochs", "momentum", "nesterov", "weight_decay", "clip_grad_norm"],
        [nameof(RunOptions.Loss)] = ["loss", "class_weights", "label_smoothing"],
        [nameof(RunOptions.EarlyStopping)] = ["early_stopping", "min_delta", "restore_best"],
        [nameof(RunOptions.Stop)] = ["stop_rounds", "stop_accuracy", "stop_loss", "stop_seconds", "stop_bytes"],
        [nameof(RunOptions.Federation)] = ["client_fraction", "local_epochs", "select", "aggregator", "groups", "topology", "topology_seed"],
        [nameof(RunOptions.Security)] = ["tls_cert", "tls_key", "tls_ca", "tls_crl", "ca_address", "token_file", "insecure"],
        [nameof(RunOptions.AllowNonFinite)] = ["allow_nonfinite"],
    };

    [Test]
    public void The_page_is_what_the_commands_say()
    {
        string expected = FlagsPage.Write();
        if (Environment.GetEnvironmentVariable("TL_WRITE_DOCS") is { Length: > 0 })
        {
            File.WriteAllText(Path.Combine(Repository.Root, Page), expected);
        }

        Assert.That(Repository.Read(Page), Is.EqualTo(expected), "the page is older than the flags; its second paragraph says how to write it again");
    }

    [Test]
    public void What_a_run_passes_on_to_nodes_that_it_starts_are_flags_of_the_node() =>
        Assert.That(RunFlags.Known.All.Where(f => f.IsSharedWithNodes).Select(f => $"--{f.Key}"), Is.SubsetOf(NodeDaemon.NodeCommand.Create().Options.SelectMany(o => o.Aliases.Append(o.Name))));

    [Test]
    public void Every_command_has_its_section()
    {
        (IEnumerable<string> described, IEnumerable<string> existing) = FlagsPage.Commands();
        Assert.That(described, Is.EquivalentTo(existing));
    }

    [Test]
    public void Every_option_of_a_run_is_declared_once_and_is_in_help_and_run_json()
    {
        string[] options = [.. typeof(RunOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => p.Name).Where(n => n != "EqualityContract").Except(Derived, StringComparer.Ordinal)];
        string[] declared = [.. RunFlags.Known.All.Select(f => f.Key)];
        string[] expected = [.. options.SelectMany(o => Flags.GetValueOrDefault(o, [System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(o)]))];
        Assert.That(declared, Is.EquivalentTo(expected.Append("resume")));

        string[] inHelp = [.. OrchestratorCommand.Create().Options.Where(o => o is not (HelpOption or VersionOption)).Select(o => o.Name[2..].Replace('-', '_'))];
        Assert.That(inHelp, Is.SupersetOf(declared));

        string[] inSummary = [.. RunFlags.Known.All.Where(f => f.IsInSummary).Select(f => f.Key)];
        string[] ofThisPart = ["verbose", "output", "resume"];
        Assert.That(inSummary, Is.EquivalentTo(declared.Except([.. ofThisPart, .. Flags[nameof(RunOptions.Security)]], StringComparer.Ordinal)));
    }

    [Test]
    public void An_empty_command_line_says_what_the_options_are_without_it()
    {
        var flags = new RunFlags();
        var root = new RootCommand();
        flags.AddTo(root, FlagUse.Run);
        RunOptions read = flags.Read(root.Parse([]));
        var standard = new RunOptions();
        Assert.That(Values(read), Is.EqualTo(Values(standard)));

        static string[] Values(RunOptions options) => [.. RunFlags.Known.All.Select(f => $"{f.Name} {f.JsonOf(options)?.ToJsonString()} {f.IdentityOf(options)}")];
    }

    [TestCase("--batch_size 7 --seed 3 --model cnn --cut 2 --dtype float64 --optimizer sgd --lr 0.5 --momentum 0.9 --nesterov --schedule multistep --milestones 2,4")]
    [TestCase("--last_batch drop --augment crop:4,flip --model cnn --validation_fraction 0.25 --early_stopping 2 --min_delta 0.125 --restore_best off")]
    [TestCase("--stop_rounds 5 --stop_accuracy 0.5 --stop_loss 0.25 --stop_seconds 1.5 --stop_bytes 5000000000 --class_weights 1,2,0.5,1,1,1,1,1,1,1 --label_smoothing 0.25")]
    [TestCase("--algorithm fedavg --client_fraction 0.5 --local_epochs 2 --aggregator uniform --threads 3 --no-accel --compression lz4 --checksums off")]
    [TestCase("--algorithm gossip --topology complete --topology_seed 7 --exchange one_phase --micro_batch_rows 0 --connect_timeout 2.5 --on_node_loss abort")]
    public void What_is_given_is_said_again_as_it_was(string line)
    {
        string[] words = line.Split(' ');
        var flags = new RunFlags();
        var root = new RootCommand();
        flags.AddTo(root, FlagUse.Run);
        RunOptions options = flags.ReadRun(root.Parse(words));
        var given = new HashSet<string>(words.Where(w => w.StartsWith("--", StringComparison.Ordinal)), StringComparer.Ordinal);
        string[] said = [.. flags.All.Where(f => given.Contains(f.Name) && f.Name != "--cut").SelectMany(f => f.WordsOf(options))];
        string[] expected = [.. words.Where((w, i) => w != "--cut" && (i == 0 || words[i - 1] != "--cut"))];
        Assert.That(said, Is.EquivalentTo(expected));
        foreach (RunFlag flag in flags.All.Where(f => given.Contains(f.Name)))
        {
            JsonNode? json = flag.JsonOf(options);
            Assert.That(json, Is.Not.Null, flag.Name);
        }
    }
}
