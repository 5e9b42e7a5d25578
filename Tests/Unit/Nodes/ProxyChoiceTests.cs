using TraversalLearning.Hosting;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Transport;

namespace TraversalLearning.Tests.Unit.Nodes;

/// <summary>Which connections go through a proxy.</summary>
public sealed class ProxyChoiceTests
{
    private const string Url = "http://user:secret@proxy.example:3128";

    [Test]
    public void Without_variables_there_is_no_proxy() => Assert.That(Of().For("hub.example", 443), Is.Null);

    [TestCase("https_proxy")]
    [TestCase("HTTPS_PROXY")]
    public void The_environments_proxy_is_for_all_but_this_machine(string variable)
    {
        ProxyChoice choice = Of((variable, Url));
        Assert.That(choice.For("hub.example", 12345)?.ToString(), Is.EqualTo("http://proxy.example:3128"));
        foreach (string own in (string[])["localhost", "127.0.0.1", "127.0.0.53", "::1"])
        {
            Assert.That(choice.For(own, 12345), Is.Null, own);
        }
    }

    [Test]
    public void The_lower_case_variable_comes_first_and_an_empty_one_counts_as_none()
    {
        Assert.That(Of(("https_proxy", "http://lower:1"), ("HTTPS_PROXY", "http://upper:2")).For("hub", 1)?.Host, Is.EqualTo("lower"));
        Assert.That(Of(("https_proxy", " "), ("HTTPS_PROXY", "http://upper:2")).For("hub", 1)?.Host, Is.EqualTo("upper"));
    }

    [TestCase("*", "hub.example", true)]
    [TestCase("hub.example", "hub.example", true)]
    [TestCase("HUB.example", "hub.EXAMPLE", true)]
    [TestCase("example", "hub.example", true)]
    [TestCase(".example", "hub.example", true)]
    [TestCase("*.example", "hub.example", true)]
    [TestCase(".example", "example", true)]
    [TestCase("ample", "hub.example", false)]
    [TestCase(".", "hub.example", false)]
    [TestCase("other.org, example", "hub.example", true)]
    [TestCase("other.org example", "hub.example", true)]
    [TestCase("hub.example:12345", "hub.example", true)]
    [TestCase("hub.example:443", "hub.example", false)]
    [TestCase("10.0.0.5", "10.0.0.5", true)]
    [TestCase("10.0.0.5:12345", "10.0.0.5", true)]
    [TestCase("10.0.0.5:443", "10.0.0.5", false)]
    [TestCase("0.5", "10.0.0.5", false)]
    [TestCase("10.0.0.0/8", "10.200.0.5", true)]
    [TestCase("10.0.0.0/8", "11.0.0.5", false)]
    [TestCase("10.0.0.0/8", "hub.example", false)]
    [TestCase("fd00::5", "fd00:0::5", true)]
    [TestCase("[fd00::5]:12345", "fd00::5", true)]
    [TestCase("[fd00::5]:443", "fd00::5", false)]
    [TestCase("fd00::/8", "fd12::5", true)]
    [TestCase("", "hub.example", false)]
    public void NO_PROXY_names_the_hosts_that_are_connected_to_directly(string list, string host, bool direct)
    {
        Assert.That(Of(("HTTPS_PROXY", Url), ("NO_PROXY", list)).For(host, 12345) is null, Is.EqualTo(direct));
        Assert.That(Of(("HTTPS_PROXY", Url), ("no_proxy", list)).For(host, 12345) is null, Is.EqualTo(direct));
    }

    [Test]
    public void A_proxy_that_was_named_is_for_every_connection()
    {
        var choice = ProxyChoice.Always(HttpProxy.Parse(Url));
        Assert.That(choice.For("localhost", 1), Is.Not.Null);
        Assert.That(choice.RemoteFor("localhost", 1), Is.EqualTo("proxy.example"), "bytes leave this machine");
        Assert.That(ProxyChoice.Always(HttpProxy.Parse("http://127.0.0.1:1")).RemoteFor("hub.example", 1), Is.Null);
    }

    [Test]
    public void A_variable_that_is_no_proxy_is_named_without_its_value() =>
        Assert.That(() => Of(("HTTPS_PROXY", "socks5://user:secret@proxy.example")), Throws.TypeOf<UserErrorException>()
            .With.Message.Contains("HTTPS_PROXY must be a proxy such as http://").And.Message.Not.Contains("secret"));

    private static ProxyChoice Of(params (string Name, string Value)[] variables) =>
        ProxyChoice.OfEnvironment(name => Array.Find(variables, v => v.Name == name).Value);
}
