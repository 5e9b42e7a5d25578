using TraversalLearning.SecureAggregation;

namespace TraversalLearning.Tests.Unit.SecureAggregation;

/// <summary>Nodes of one key epoch, all with the group's key.</summary>
internal sealed class Crew : IDisposable
{
    public const string Run = "run 1";

    public Crew(params int[] ids)
        : this(ids, GroupKey.Load(Run, Enumerable.Repeat((byte)7, 32).ToArray()))
    {
    }

    public Crew(int[] ids, GroupKey group)
    {
        EphemeralKey[] keys = [.. ids.Select(_ => EphemeralKey.Create())];
        Ids = ids;
        Group = group;
        Roster = new KeyRoster(group.Run, [.. ids.Select((id, i) => KeyOffer.Create(id, group.Run, keys[i], identity: null))]);
        Nodes = [.. ids.Select((id, i) => new KeyEpoch(id, keys[i], Roster))];
        Array.ForEach(keys, k => k.Dispose());
        Array.ForEach(Nodes, n => n.Use(group));
    }

    public int[] Ids { get; }

    public GroupKey Group { get; }

    public KeyRoster Roster { get; }

    public KeyEpoch[] Nodes { get; }

    public static Crew Of(int count) => new([.. Enumerable.Range(0, count).Select(i => (i * 3) + 1)]);

    public void Dispose()
    {
        Array.ForEach(Nodes, n => n.Dispose());
        Group.Dispose();
    }
}
