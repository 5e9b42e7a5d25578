namespace TraversalLearning.Messages;

/// <summary>Phases of a connection: a handshake, an admission, and one session of some kind. Size limits depend on the phase (<see cref="Wire.WireLimits"/>).</summary>
[Flags]
public enum Phases
{
    /// <summary>Never.</summary>
    None = 0,

    /// <summary>Before the peer is admitted.</summary>
    Handshake = 1,

    /// <summary>The message that admits the peer.</summary>
    Admission = 2,

    /// <summary>A session that prepares a run.</summary>
    Preparation = 4,

    /// <summary>The session of a run.</summary>
    Run = 8,

    /// <summary>The session of a worker with its study.</summary>
    Study = 16,

    /// <summary>A session of any kind.</summary>
    Session = Preparation | Run | Study,
}
