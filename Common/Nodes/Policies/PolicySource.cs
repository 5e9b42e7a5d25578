using TraversalLearning.Hosting;

namespace TraversalLearning.Nodes.Policies;

/// <summary>A node's policy, which may be replaced while the node runs: what was agreed to is checked against the new one with the next message.</summary>
public sealed class PolicySource
{
    private readonly string? _path;
    private NodePolicy _current;

    /// <summary>A policy that does not come from a file.</summary>
    public PolicySource(NodePolicy policy) => _current = policy;

    /// <summary>The policy of a file.</summary>
    /// <exception cref="UserErrorException">The file is invalid.</exception>
    public PolicySource(string path) => (_path, _current) = (path, PolicyFile.Read(path));

    /// <summary>The policy of a node without a file.</summary>
    public static PolicySource Default { get; } = new(NodePolicy.Default);

    /// <summary>The policy that holds now.</summary>
    public NodePolicy Current => Volatile.Read(ref _current);

    /// <summary>The file; <see langword="null"/> if there is none.</summary>
    public string? Path => _path;

    /// <summary>Puts another policy in the place of the current one.</summary>
    public void Replace(NodePolicy policy) => Volatile.Write(ref _current, policy);

    /// <summary>Reads the file again.</summary>
    /// <exception cref="UserErrorException">The file is invalid, or says something else of tables; the policy stays as it is.</exception>
    public void Reload()
    {
        if (_path is null)
        {
            return;
        }

        NodePolicy policy = PolicyFile.Read(_path);
        Replace(policy.Tables.IsSame(Current.Tables)
            ? policy
            : throw new UserErrorException(ExitCode.Usage, $"{_path}: {PolicyKeys.Tables}: says something else than when this node read its samples; restart the node for that"));
    }
}
