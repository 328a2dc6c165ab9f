/** Return addresses that stand for several requests, whose messages became one (rule G1). */

/** Who is behind each. One that answers, fails or gives up leaves all of them; an address with nobody behind it is forgotten. */
export class JointAddresses {
  private readonly members = new Map<string, Set<string>>()
  private readonly joints = new Map<string, readonly string[]>()

  get size(): number {
    return this.members.size
  }

  add(address: string, members: readonly string[]): void {
    this.members.set(address, new Set(members))
    for (const member of members) this.joints.set(member, [...(this.joints.get(member) ?? []), address])
  }

  /** Nobody, for an address that is none. */
  behind(address: string): readonly string[] {
    return [...(this.members.get(address) ?? [])]
  }

  leave(member: string): void {
    for (const address of this.joints.get(member) ?? []) {
      const members = this.members.get(address)!
      members.delete(member)
      if (members.size === 0) this.members.delete(address)
    }
    this.joints.delete(member)
  }
}
