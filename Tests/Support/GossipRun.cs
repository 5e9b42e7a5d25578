using TorchSharp;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Methods;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Support;

/// <summary>A run of gossip whose rounds a test does one by one, with a look at every node's own model.</summary>
internal sealed class GossipRun
{
    private readonly TestCluster _cluster;
    private readonly ITrainingMethod _method;
    private int _epoch;

    private GossipRun(TestCluster cluster, ITrainingMethod method) => (_cluster, _method) = (cluster, method);

    /// <summary>The options of a test with this topology.</summary>
    public static ClusterOptions Options(ClusterOptions options, string topology) => options with
    {
        Algorithm = "gossip",
        Federation = options.Federation with { Topology = Topology.Read(topology, options.EffectivePartition.Length) },
    };

    /// <summary>Once all nodes are there.</summary>
    public static async Task<GossipRun> BeginAsync(TestCluster cluster) =>
        new(cluster, Gossip.Kind.Create(cluster.Session.Parts, await cluster.Session.SampleCountsAsync(cluster.Deadline)));

    /// <summary>The next round, which is an epoch.</summary>
    public async Task<RoundOutcome> RoundAsync(CancellationToken? cancellationToken = null)
    {
        RoundOutcome outcome = await _method.RunAsync(new Round(_epoch + 1, 0), cancellationToken ?? _cluster.Deadline);
        _epoch++;
        _cluster.Session.Model.EndEpoch();
        return outcome;
    }

    /// <summary>A tensor of the method's state, as numbers.</summary>
    public double[] State(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        return _method.State.Single(s => s.Name == name).Tensor.to(ScalarType.Float64).data<double>().ToArray();
    }

    /// <summary>All of the method's state, byte for byte.</summary>
    public string Everything() =>
        string.Join(' ', _method.State.Select(s => $"{s.Name}={Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(s.Tensor.bytes))}"));

    /// <summary>Sends the nodes home.</summary>
    public Task FinishAsync() => _cluster.Session.FinishAsync("the test is over");

    /// <summary>A frame with a result, changed: its model addressed to others.</summary>
    public static byte[] Readdressed(byte[] frame, params long[] to)
    {
        ReceivedFrame received = Frames.Read(frame)!;
        TensorSample[] tensors = [.. received.Descriptors.Zip(received.Tensors, (d, raw) => new TensorSample(d.Name, d.Type, d.Shape, raw))];
        return FrameSample.Of((GossipResult)received.Message with { To = to }, received.RequestId, tensors).Encode(FrameSample.Checked);
    }
}
