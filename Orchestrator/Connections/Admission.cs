using TraversalLearning.Messages;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>Whether a node may take part, as a pure function of what it says.</summary>
internal static class Admission
{
    /// <summary>Checks a <see cref="Hello"/>.</summary>
    /// <param name="hello">What the node says.</param>
    /// <param name="options">What the session needs.</param>
    /// <param name="known">The data of the node with this id when it was first admitted, if it was.</param>
    /// <returns>The refusal, or <see langword="null"/> if the node is welcome.</returns>
    public static Reject? Check(Hello hello, ConnectionManagerOptions options, NodeData? known)
    {
        Models.ModelDescription model = options.Setup.Model;
        if (hello.NodeId < 1 || hello.NodeId > options.NodeCount)
        {
            return Final(RejectCodes.NodeId, $"node id {hello.NodeId} is not from 1 to {options.NodeCount}; check --node_id and --num_nodes");
        }

        if (Product(hello.SampleShape) != Product(model.InputShape))
        {
            return Final(
                RejectCodes.Data,
                $"the model '{model.Name}' takes samples of [{string.Join(", ", model.InputShape)}], the node's are [{string.Join(", ", hello.SampleShape)}]");
        }

        if (hello.ClassCount > model.ClassCount)
        {
            return Final(RejectCodes.Data, $"the model has {model.ClassCount} classes, the node's labels need {hello.ClassCount}");
        }

        if (hello.SampleCount > int.MaxValue)
        {
            return Final(RejectCodes.Data, $"{hello.SampleCount} samples are more than this version can index");
        }

        if (known is not null && known != new NodeData(hello.SampleCount, hello.Fingerprint))
        {
            return Final(RejectCodes.Data, $"node {hello.NodeId} came back with other data than it had before; start it with the data of this run");
        }

        string[] capabilities = hello.Capabilities.Split(',');
        if (options.Capability is { } needed && !capabilities.Contains(needed, StringComparer.Ordinal))
        {
            return Final(RejectCodes.Capability, $"this run's --algorithm needs the ability '{needed}', which the node does not have; use a newer node");
        }

        bool lz4 = capabilities.Contains(Hello.Lz4Capability, StringComparer.Ordinal);
        return options.Encoding.Compression.Mode == CompressionMode.None || lz4
            ? null
            : Final(RejectCodes.Capability, "the node cannot decode LZ4; run the orchestrator with --compression none");
    }

    private static Reject Final(string code, string text) => new(code, text, Final: true);

    private static long Product(long[] shape)
    {
        long product = 1;
        foreach (long dimension in shape)
        {
            product = Math.BigMul(product, dimension) is var wide && wide > 0 && wide < int.MaxValue ? (long)wide : -1;
            if (product < 0)
            {
                return -1;
            }
        }

        return product;
    }
}
