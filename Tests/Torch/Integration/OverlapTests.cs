using TraversalLearning.Data.Batches;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>What the orchestrator and the nodes compute at the same time.</summary>
internal sealed class OverlapTests
{
    private static readonly ClusterOptions Options = new()
    {
        Shards = [40, 40, 40], BatchSize = 24, Type = ElementType.Float64, Exchange = Exchange.OnePhase, Checksums = false, MicroBatchRows = 0,
    };

    [Test]
    public async Task The_orchestrator_computes_its_half_before_any_node_has_sent_its_gradient()
    {
        await using var cluster = new TestCluster(Options);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var proxies = new ProxySet(cluster, 3, async frame =>
        {
            if (frame.Type == MessageType.BackwardResult)
            {
                await gate.Task.WaitAsync(cluster.Deadline);
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(proxies.EndpointOf);
        VirtualBatch[] batches = [.. await cluster.PlanAsync()];
        FlatParameters parameters = cluster.Session.Model.Parameters;
        long first = cluster.Session.Model.Setup.FirstParameterCount;
        using Tensor rest = parameters.Gradient.narrow(0, first, parameters.Count - first);
        Assert.That(rest.data<double>().ToArray(), Is.All.Zero);

        Task<BatchOutcome> step = cluster.Session.Parts.Gradients.ComputeAsync(batches[0], cluster.Deadline);
        while (rest.data<double>().ToArray().All(g => g == 0))
        {
            await Task.Delay(5, cluster.Deadline);
        }

        Assert.That(step.IsCompleted, Is.False);
        gate.SetResult();
        Assert.That((await step).Rows, Is.EqualTo(24));
    }

    [Test]
    public async Task Nodes_get_their_rows_of_G_while_another_still_computes_its_forward_pass()
    {
        await using var cluster = new TestCluster(Options with { Exchange = Exchange.TwoPhase, MicroBatchRows = 1 });
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gradients = new CountdownEvent(2);
        await using var proxies = new ProxySet(cluster, 3, node => async frame =>
        {
            if (node == 3 && frame.Type == MessageType.ForwardResult)
            {
                await gate.Task.WaitAsync(cluster.Deadline);
            }
            else if (frame.Type == MessageType.BackwardResult && !gate.Task.IsCompleted && gradients.Signal())
            {
                gate.SetResult(); // Both others have their gradients by now.
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(proxies.EndpointOf);
        VirtualBatch[] batches = [.. await cluster.PlanAsync()];
        Assert.That(batches[0].Plan.Visits, Has.Count.EqualTo(3));

        BatchOutcome outcome = await cluster.Session.Parts.Gradients.ComputeAsync(batches[0], cluster.Deadline);

        Assert.That(outcome.Rows, Is.EqualTo(24));
        Assert.That(gate.Task.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public async Task In_sequence_no_node_is_asked_for_its_gradient_before_every_one_has_done_its_forward_pass()
    {
        await using var cluster = new TestCluster(
            Options with { Exchange = Exchange.TwoPhase, MicroBatchRows = 1, Order = TraversalOrder.Sequential });
        var replies = new System.Collections.Concurrent.ConcurrentQueue<MessageType>();
        await using var proxies = new ProxySet(cluster, 3, async frame =>
        {
            if (frame.Type is MessageType.ForwardResult or MessageType.BackwardResult)
            {
                replies.Enqueue(frame.Type);
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(proxies.EndpointOf);
        VirtualBatch[] batches = [.. await cluster.PlanAsync()];

        await cluster.Session.Parts.Gradients.ComputeAsync(batches[0], cluster.Deadline);

        IEnumerable<MessageType> expected =
            Enumerable.Repeat(MessageType.ForwardResult, 3).Concat(Enumerable.Repeat(MessageType.BackwardResult, 3));
        Assert.That(replies, Is.EqualTo(expected));
    }

    [Test]
    public async Task A_visit_that_is_done_again_for_its_gradient_leaves_the_rows_alone_that_are_in_use()
    {
        ClusterResult undisturbed = await TestCluster.RunAsync(Options);
        await using var cluster = new TestCluster(Options);
        var doneAgain = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task PassAsync(int node, ProxiedFrame frame)
        {
            if (node == 2 && frame.Type == MessageType.BackwardResult && frame.Number == 2)
            {
                await frame.CutAsync();
            }
            else if (node == 2 && frame.Type == MessageType.ForwardResult && frame.Number == 3)
            {
                // The second step's once more. Activations of zeros would change every gradient behind the cut.
                frame.Bytes.AsSpan(FrameHeader.Size + BitConverter.ToInt32(frame.Bytes, 16)).Clear();
            }
            else if (node == 3 && frame.Type == MessageType.ForwardResult && frame.Number == 2)
            {
                // The orchestrator's half has not begun until then.
                await doneAgain.Task.WaitAsync(cluster.Deadline);
            }

            await frame.ForwardAsync();
            if (node == 2 && frame.Type == MessageType.BackwardResult && frame.Number == 3)
            {
                doneAgain.SetResult();
            }
        }

        await using var proxies = new ProxySet(cluster, 3, node => frame => PassAsync(node, frame));
        cluster.StartAllNodes(proxies.EndpointOf);

        ClusterResult result = await cluster.TrainAsync();

        Assert.That(result.Losses, Is.EqualTo(undisturbed.Losses));
        Assert.That(result.Hash, Is.EqualTo(undisturbed.Hash));
    }
}
