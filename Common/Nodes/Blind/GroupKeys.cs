using System.Security.Cryptography;
using TraversalLearning.Files;
using TraversalLearning.SecureAggregation;

namespace TraversalLearning.Nodes.Blind;

/// <summary>
/// The keys of the runs that a node takes part in, by run. With a state folder they survive the process, so that a run can
/// be resumed after all its processes have ended: <c>&lt;folder&gt;/&lt;run&gt;/group.key</c>, readable by its owner only.
/// </summary>
/// <param name="folder">The node's state folder; <see langword="null"/> to keep keys in memory only.</param>
internal sealed class GroupKeys(string? folder) : IDisposable
{
    private const string FileName = "group.key";

    private readonly Dictionary<string, GroupKey> _keys = new(StringComparer.Ordinal);

    /// <summary>The key of a run; <see langword="null"/> if this node does not have it.</summary>
    /// <exception cref="IOException">The key's file cannot be read.</exception>
    /// <exception cref="KeyExchangeException">The key's file is damaged.</exception>
    public GroupKey? Find(string run)
    {
        if (!_keys.TryGetValue(run, out GroupKey? key) && PathOf(run) is { } path && File.Exists(path))
        {
            byte[] bytes = File.ReadAllBytes(path);
            key = Load(run, bytes, path);
            CryptographicOperations.ZeroMemory(bytes);
            _keys.Add(run, key);
        }

        return key;
    }

    /// <summary>Keeps the key of a run; it must not change.</summary>
    /// <returns>The key as kept.</returns>
    /// <exception cref="IOException">The key's file cannot be written.</exception>
    /// <exception cref="KeyExchangeException">The node has another key of this run.</exception>
    public GroupKey Keep(string run, GroupKey key)
    {
        if (Find(run) is { } known)
        {
            if (known.Id != key.Id)
            {
                throw new KeyExchangeException("this node has another key of this run than the other nodes");
            }

            if (!ReferenceEquals(known, key))
            {
                key.Dispose();
            }

            return known;
        }

        if (PathOf(run) is { } path)
        {
            string own = Path.GetDirectoryName(path)!;
            PrivateFiles.CreateFolder(own);
            PrivateFiles.WriteDurably(path, key.Bytes);
            PrivateFiles.FlushFolder(own);
        }

        _keys.Add(run, key);
        return key;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (GroupKey key in _keys.Values)
        {
            key.Dispose();
        }

        _keys.Clear();
    }

    private static GroupKey Load(string run, byte[] bytes, string path)
    {
        try
        {
            return GroupKey.Load(run, bytes);
        }
        catch (KeyExchangeException e)
        {
            throw new KeyExchangeException($"'{path}' is damaged: {e.Message}; restore the file, or delete it to lose the run's checkpoints", e);
        }
    }

    private string? PathOf(string run) => folder is null ? null : Path.Combine(folder, run, FileName);
}
