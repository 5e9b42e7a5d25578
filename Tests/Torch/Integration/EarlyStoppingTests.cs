using TraversalLearning.Data;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Validation on what nodes keep out, and runs that end by it: as in one process, after interruptions, and whatever strikes a message.</summary>
internal sealed class EarlyStoppingTests
{
    private const int Epochs = 40;

    // Half of the labels are wrong: it soon learns them by heart, and the best epoch is not the last.
    private static readonly ClusterOptions Options = new()
    {
        Shards = [20, 7, 33],
        Type = ElementType.Float64,
        Images = MislabelledImages(),
        Optimizer = new OptimizerSettings(OptimizerKind.Adam, 0.004),
        ValidationFraction = 0.3,
        EarlyStopping = new EarlyStopping(Patience: 3, MinDelta: 0, RestoreBest: true),
    };

    private readonly TempFolder _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task A_run_with_nodes_ends_as_one_process_does([Values(Exchange.TwoPhase, Exchange.OnePhase)] Exchange exchange, [Values] bool restoreBest)
    {
        ClusterOptions options = Options with { EarlyStopping = Options.EarlyStopping! with { RestoreBest = restoreBest } };
        RunOutcome central = await Runs.CentralAsync(options, NewFolder(out string centralFolder), Epochs);
        RunOutcome nodes = await Runs.NetworkedAsync(options with { Exchange = exchange }, NewFolder(out string folder), Epochs);

        StoppingState expected = central.Progress.Stopping!, actual = nodes.Progress.Stopping!;
        Assert.That((expected.Waited, central.Progress.Epoch - 1), Is.EqualTo((3, expected.BestEpoch + 3)), "it has stopped early");
        Assert.That(central.Progress.Epoch, Is.LessThan(Epochs).And.GreaterThan(5));
        Assert.That((actual.BestEpoch, actual.Waited, nodes.Progress.Epoch), Is.EqualTo((expected.BestEpoch, expected.Waited, central.Progress.Epoch)));
        Assert.That(actual.BestLoss, Is.EqualTo(expected.BestLoss).Within(1e-9));
        double[] losses = Column(folder, "validation_loss"), accuracies = Column(folder, "validation_accuracy");
        Assert.That(losses, Is.EqualTo(Column(centralFolder, "validation_loss")).Within(1e-9));
        Assert.That(accuracies, Is.EqualTo(Column(centralFolder, "validation_accuracy")));
        Assert.That(losses[actual.BestEpoch - 1], Is.EqualTo(losses.Min()).And.EqualTo(actual.BestLoss));
        Assert.That(nodes.Evaluation, Is.EqualTo(restoreBest ? actual.BestEvaluation : nodes.Progress.Evaluation));
        Assert.That(nodes.Evaluation!.Value.Loss, Is.EqualTo(central.Evaluation!.Value.Loss).Within(1e-9));
    }

    [Test]
    public async Task The_best_model_is_that_of_a_run_that_ends_there()
    {
        RunOutcome stopped = await Runs.CentralAsync(Options, NewFolder(out string folder), Epochs);
        RunOutcome shorter = await Runs.CentralAsync(Options with { EarlyStopping = null }, NewFolder(out _), stopped.Progress.Stopping!.BestEpoch);
        Assert.That(stopped.Hash, Is.EqualTo(shorter.Hash));
        Assert.That(stopped.Evaluation, Is.EqualTo(shorter.Evaluation));
        RunOutcome last = await Runs.CentralAsync(
            Options with { EarlyStopping = Options.EarlyStopping! with { RestoreBest = false } }, NewFolder(out _), Epochs);
        Assert.That(last.Hash, Is.Not.EqualTo(stopped.Hash));

        // Its results were lost, as when the program was killed at the very end: nothing is trained, and they are the same.
        RunOutcome again = await Runs.CentralAsync(Options, folder, Epochs, stopAfter: 0);
        Assert.That((again.Hash, again.Evaluation), Is.EqualTo((stopped.Hash, stopped.Evaluation)));
    }

    [Test]
    public async Task A_run_that_is_interrupted_anywhere_stops_where_it_would_have()
    {
        RunOutcome expected = await Runs.CentralAsync(Options, NewFolder(out string whole), Epochs, every: 4);
        int steps = expected.Progress.Steps;
        foreach (int stop in new[] { 1, 6, 13, steps / 2, steps - 7, steps - 1 })
        {
            string folder = NewFolder(out string path);
            Assert.That(async () => await Runs.CentralAsync(Options, folder, Epochs, every: 4, stopAfter: stop), Throws.InstanceOf<OperationCanceledException>());
            RunOutcome resumed = await Runs.CentralAsync(Options, folder, Epochs, every: 4);
            Assert.That((resumed.Hash, resumed.Progress), Is.EqualTo((expected.Hash, expected.Progress)), $"interrupted after step {stop}");
            Assert.That(Column(path, "validation_loss"), Is.EqualTo(Column(whole, "validation_loss")));
        }
    }

    [Test]
    public async Task A_run_that_is_interrupted_in_a_validation_does_it_again([Values(1, 4)] int validation)
    {
        RunOutcome expected = await Runs.CentralAsync(Options, NewFolder(out _), Epochs);
        string folder = NewFolder(out _);
        int count = 0;
        Validator Cancelled(Validator validate) => (epoch, token) => ++count == validation ? throw new OperationCanceledException() : validate(epoch, token);
        Assert.That(async () => await Runs.CentralAsync(Options, folder, Epochs, around: Cancelled), Throws.InstanceOf<OperationCanceledException>());
        RunOutcome resumed = await Runs.CentralAsync(Options, folder, Epochs);
        Assert.That((resumed.Hash, resumed.Progress), Is.EqualTo((expected.Hash, expected.Progress)));
    }

    [Test]
    public async Task Without_a_share_of_the_nodes_the_test_loss_is_watched()
    {
        RunOutcome run = await Runs.CentralAsync(
            Options with { ValidationFraction = 0, Optimizer = new OptimizerSettings(OptimizerKind.Adam, 0.1) }, NewFolder(out string folder), Epochs);
        double[] losses = Column(folder, "test_loss");
        Assert.That(run.Progress.Stopping!.BestLoss, Is.EqualTo(losses.Min()));
        Assert.That(losses, Has.Length.EqualTo(run.Progress.Stopping.BestEpoch + 3));
        Assert.That(Column(folder, "validation_loss"), Is.Empty);
    }

    [Test]
    public async Task A_node_that_is_killed_before_a_validation_says_the_same_when_it_is_back()
    {
        Validation expected = await ValidateAsync();
        await using var cluster = new TestCluster(Options);
        cluster.StartAllNodes();
        Validator validate = cluster.Session.NewValidator(await cluster.Session.SampleCountsAsync(cluster.Deadline))!;
        await cluster.KillNodeAsync(3);
        cluster.StartNode(3);
        Assert.That(await validate(1, cluster.Deadline), Is.EqualTo(expected));
    }

    [TestCase(MessageType.ValidationPass, "cut")]
    [TestCase(MessageType.ValidationResult, "cut")]
    [TestCase(MessageType.ValidationPass, "lose")]
    [TestCase(MessageType.ValidationResult, "lose")]
    [TestCase(MessageType.ValidationPass, "damage")]
    [TestCase(MessageType.ValidationResult, "damage")]
    [TestCase(MessageType.ValidationResult, "double")]
    public async Task Whatever_strikes_a_message_the_sums_are_the_same(MessageType type, string fault)
    {
        Validation expected = await ValidateAsync();
        bool struck = false;
        await using var cluster = new TestCluster(Options with { TaskTimeout = TimeSpan.FromSeconds(1) });
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type != type || struck)
            {
                await frame.ForwardAsync();
                return;
            }

            struck = true;
            switch (fault)
            {
                case "cut":
                    await frame.SendAsync(frame.Bytes.AsMemory(0, frame.Bytes.Length / 2));
                    await frame.CutAsync();
                    break;
                case "damage":
                    frame.Bytes[^1] ^= 1;
                    await frame.ForwardAsync();
                    break;
                case "double":
                    await frame.SendAsync(frame.Bytes);
                    await frame.ForwardAsync();
                    break;
            }
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);
        Validator validate = cluster.Session.NewValidator(await cluster.Session.SampleCountsAsync(cluster.Deadline))!;
        Assert.That(await validate(1, cluster.Deadline), Is.EqualTo(expected));
        Assert.That(struck, Is.True);
        Assert.That(await validate(2, cluster.Deadline), Is.EqualTo(expected), "and again");
    }

    [Test]
    public async Task Where_lost_nodes_are_skipped_the_others_say_what_they_can()
    {
        await using var cluster = new TestCluster(Options with { OnNodeLoss = OnNodeLoss.Skip });
        cluster.StartAllNodes();
        Validator validate = cluster.Session.NewValidator(await cluster.Session.SampleCountsAsync(cluster.Deadline))!;
        await cluster.KillNodeAsync(3);
        Validation? left = await validate(1, cluster.Deadline);
        Assert.That(left?.Rows, Is.EqualTo(6 + 2), "0.3 of 20 and of 7");
        await cluster.KillNodeAsync(1);
        await cluster.KillNodeAsync(2);
        Assert.That(await validate(1, cluster.Deadline), Is.Null);
    }

    [Test]
    public async Task A_loss_that_is_no_number_is_that_of_the_first_node_that_has_one()
    {
        await using var cluster = new TestCluster(Options);
        cluster.StartAllNodes();
        Validator validate = cluster.Session.NewValidator(await cluster.Session.SampleCountsAsync(cluster.Deadline))!;
        cluster.Session.Model.Parameters.Values.fill_(double.NaN);
        Validation validation = (await validate(1, cluster.Deadline))!.Value;
        Assert.That((validation.Loss, validation.NonFiniteNode), Is.EqualTo((double.NaN, 1)));
    }

    [Test]
    public void Shares_that_are_no_sample_are_refused() => Assert.That(
        () => (Options with { ValidationFraction = 0.01 }).NewContext().NewHoldOut([20, 7, 33]),
        Throws.TypeOf<TraversalLearning.Hosting.UserErrorException>().With.Message.EqualTo("--validation_fraction 0.01 of each node's samples is not one sample; give a larger share"));

    private static async Task<Validation> ValidateAsync()
    {
        await using var cluster = new TestCluster(Options);
        cluster.StartAllNodes();
        Validator validate = cluster.Session.NewValidator(await cluster.Session.SampleCountsAsync(cluster.Deadline))!;
        return (await validate(1, cluster.Deadline))!.Value;
    }

    private static double[] Column(string folder, string name)
    {
        string[][] rows = [.. File.ReadAllLines(Path.Combine(folder, "metrics.csv")).Select(l => l.Split(','))];
        int column = Array.IndexOf(rows[0], name);
        return [.. rows.Skip(1).Where(r => r[0] == "epoch" && r[column].Length > 0).Select(r => double.Parse(r[column]))];
    }

    private static SampleSet MislabelledImages()
    {
        SampleSet images = Synthetic.Images(60);
        return new SampleSet(images.Element, images.Shape, images.Values, [.. images.Labels.Select((label, i) => i % 2 == 0 ? label : (label + i) % 10)]);
    }

    private string NewFolder(out string path) => path = Directory.CreateDirectory(_folder[Guid.NewGuid().ToString("N")]).FullName;
}
