using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>The blind exchange with nodes in this process, over real TCP.</summary>
internal sealed class BlindTests
{
    private static readonly ClusterOptions Options = new() { Shards = [20, 30, 14, 25], BatchSize = 16, Exchange = Exchange.Blind };

    [Test]
    public async Task Nodes_train_and_end_with_the_same_model()
    {
        ClusterResult blind = await TestCluster.RunAsync(Options, epochs: 2);
        ClusterResult plain = await TestCluster.RunAsync(Options with { Exchange = Exchange.OnePhase }, epochs: 2);
        Assert.That(blind.Losses, Is.EqualTo(plain.Losses).Within(1e-4).Percent);
        Assert.That((await TestCluster.RunAsync(Options, epochs: 2)).Hash, Is.EqualTo(blind.Hash), "masks differ from run to run, and the model does not");
    }

    [Test]
    public async Task What_the_orchestrator_gets_with_consent_is_what_every_node_has_written()
    {
        using var folder = new TempFolder();
        await using var cluster = new TestCluster(Options, stateFolder: folder["nodes"]);
        cluster.StartAllNodes();
        await cluster.TrainAsync();
        byte[][] files = [.. ModelsIn(folder["nodes"]).Select(File.ReadAllBytes)];
        Assert.That(files, Has.Length.EqualTo(4));
        Assert.That(files.All(f => f.AsSpan().SequenceEqual(files[0])), Is.True);

        using var model = new LayeredModel(Options.Model, 1);
        using var parameters = new FlatParameters(model, ScalarType.Float32, CPU, gradientCount: 0);
        ModelFile.Read(ModelsIn(folder["nodes"])[0], parameters);
        Assert.That(parameters.Sha256(), Is.EqualTo(cluster.Hash));
    }

    [Test]
    public async Task Without_it_the_orchestrator_has_no_model_and_names_none()
    {
        using var folder = new TempFolder();
        RunOutcome outcome = await Runs.NetworkedAsync(Options with { Reveal = RevealModel.Never }, Directory.CreateDirectory(folder["run"]).FullName, epochs: 1);
        Assert.That(outcome.Hash, Is.Null);
        Assert.That(File.Exists(Path.Combine(folder["run"], ModelFile.FileName)), Is.False);
        Assert.That(ModelsIn(Path.Combine(folder["run"], "nodes")), Has.Length.EqualTo(4), "the nodes have it");
        Assert.That(Directory.GetFiles(folder["run"], "*.safetensors", SearchOption.AllDirectories), Has.Length.EqualTo(4), "and nobody else");
    }

    [Test]
    public async Task A_node_that_does_not_allow_it_is_named_before_anything_is_trained()
    {
        await using var cluster = new TestCluster(Options with { Policy = id => new PolicySource(NodePolicy.Permissive with { AllowsReveal = id != 3 }) });
        cluster.StartAllNodes();
        Assert.That(() => cluster.TrainAsync(), Throws.Exception.With.Message.StartsWith("node 3 is lost: it left: (policy.reveal_model)"));
        Assert.That(cluster.Log.Count("blind step"), Is.Zero);
    }

    [Test]
    public async Task The_nodes_test_samples_together_say_what_one_process_says_of_all([Values(ElementType.Float32, ElementType.Float64)] ElementType type)
    {
        await using var cluster = new TestCluster(Options with { Type = type });
        cluster.StartAllNodes();
        Evaluation summed = (await cluster.TrainAsync()).Evaluations.Single();
        using var test = new SampleTensors(Options.TestImages!, Options.Model.InputShape, cluster.Session.Model.Setup.Normalisation, type.ToScalarType(), CPU);
        Evaluation whole = cluster.Session.Model.Evaluate(test, 7, default);
        Assert.That(summed.Accuracy, Is.EqualTo(whole.Accuracy));
        Assert.That(summed.MacroF1, Is.EqualTo(whole.MacroF1).Within(1e-12));
        Assert.That(summed.Loss, Is.EqualTo(whole.Loss).Within(1e-6));
    }

    [Test]
    public async Task The_best_epochs_model_is_restored_from_its_sealed_file()
    {
        // Nothing is so much better that it would count: the first epoch stays the best.
        using var folder = new TempFolder();
        ClusterOptions options = Options with { ValidationFraction = 0.2, EarlyStopping = new EarlyStopping(Patience: 1, MinDelta: 1e9, RestoreBest: true) };
        RunOutcome first = await Runs.NetworkedAsync(options, Directory.CreateDirectory(folder["first"]).FullName, epochs: 1);
        RunOutcome stopped = await Runs.NetworkedAsync(options, Directory.CreateDirectory(folder["stopped"]).FullName, epochs: 5);
        Assert.That(stopped.Hash, Is.EqualTo(first.Hash));
        Assert.That(File.ReadAllLines(Path.Combine(folder["stopped"], "metrics.csv")), Has.Length.GreaterThan(File.ReadAllLines(Path.Combine(folder["first"], "metrics.csv")).Length), "it trained on");
    }

    [Test]
    public async Task With_certificates_every_key_is_signed_and_without_the_run_says_against_whom_it_protects()
    {
        using var authority = new TestAuthority();
        ClusterOptions secured = Options with
        {
            Security = new OrchestratorSecurity(authority.Server(authority.Trusted), null),
            NodeSecurity = id => new NodeSecurity(authority.Client(id), null),
        };
        ClusterResult plain = await TestCluster.RunAsync(Options);
        await using var cluster = new TestCluster(secured);
        cluster.StartAllNodes();
        Assert.That((await cluster.TrainAsync()).Hash, Is.EqualTo(plain.Hash));
        Assert.That((await cluster.BlindAsync()).Holder.Blind!.Protects, Is.EqualTo(BlindFacts.Malicious));

        await using var open = new TestCluster(Options);
        open.StartAllNodes();
        Assert.That((await open.BlindAsync()).Holder.Blind!.Protects, Is.EqualTo(BlindFacts.CuriousOnly));
    }

    private static string[] ModelsIn(string folder) => Directory.GetFiles(folder, ModelFile.FileName, SearchOption.AllDirectories);
}
